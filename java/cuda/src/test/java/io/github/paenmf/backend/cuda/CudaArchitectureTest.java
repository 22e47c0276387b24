package io.github.paenmf.backend.cuda;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.github.paenmf.data.DenseRows;
import io.github.paenmf.testing.StaticState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What the CUDA backend may know. */
class CudaArchitectureTest {

    private static final String ROOT = "io.github.paenmf";

    private static final JavaClasses CLASSES = read();

    private static JavaClasses read() {
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        return new ClassFileImporter()
                .importUrl(
                        CudaBackend.class.getProtectionDomain().getCodeSource().getLocation());
    }

    @Test
    void itImportsFromTheLayersBelow() {
        String[] allowed = {
            ROOT + ".backend", ROOT + ".backend.cuda", ROOT + ".model", ROOT + ".data", ROOT + ".math", ROOT + ".random"
        };
        noClasses()
                .should()
                .dependOnClassesThat(
                        resideInAPackage(ROOT + "..").and(DescribedPredicate.not(resideInAnyPackage(allowed))))
                .check(CLASSES);
    }

    /** All others pass blocks of data on: another form of data must not touch them. */
    @Test
    void onlyUploadsSeeTheFormOfData() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName(DeviceData.class.getName())
                .should()
                .dependOnClassesThat(type(DenseRows.class))
                .check(CLASSES);
    }

    /** But for the counts of what is not freed yet, which are those of the process. */
    @Test
    void classesKeepNoState() {
        StaticState.refuse(CLASSES, "Lifetime.LIVE", "Lifetime.LIVE_BYTES", "Lifetime.FORGOTTEN");
    }

    /** What is missing there ends the process of a user who has cuBLAS 13 only. */
    @Test
    void theForwarderToCublas13HasEveryFunctionThatIsCalled() throws IOException {
        Set<String> forwarded =
                Files.readAllLines(Path.of("../../native-build/cublas-forwarder/functions.inc")).stream()
                        .map(line -> line.replaceAll("FORWARD\\((\\w+?)(_v2)?\\)", "$1"))
                        .collect(Collectors.toSet());
        assertTrue(forwarded.contains("cublasCreate") && forwarded.contains("cublasGemmEx"), forwarded.toString());
        noClasses()
                .should()
                .callMethodWhere(DescribedPredicate.describe(
                        "a function of cuBLAS that is not in functions.inc",
                        call -> call.getTargetOwner().getName().equals("jcuda.jcublas.JCublas2")
                                && call.getName().startsWith("cublas")
                                && !forwarded.contains(call.getName().replaceFirst("_new$", ""))))
                .check(CLASSES);
    }
}
