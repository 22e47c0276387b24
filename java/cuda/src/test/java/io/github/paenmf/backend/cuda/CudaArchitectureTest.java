package io.github.paenmf.backend.cuda;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameStartingWith;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import java.util.regex.Pattern;
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

    /** From level 1 on the assembler contracts products and sums by itself, so other levels give other bits. */
    @Test
    void kernelsAreAssembledAtTheDefaultLevel() throws IOException {
        noClasses()
                .should()
                .dependOnClassesThat(resideInAPackage("jcuda.driver").and(simpleNameStartingWith("CUjit_option")))
                .check(CLASSES);
        String build = Files.readString(Path.of("../../native-build/compile-kernels"))
                + Files.readString(Path.of("../../native-build/ptx-compiler/assemble.c"));
        assertTrue(build.contains("nvcc -std=c++17 -O3 "), "the rule has something to find");
        assertFalse(
                Pattern.compile("(?<!nvcc -std=c\\+\\+17|gcc) -O[0-3]|--?opt-level|--?fmad|--?(G|device-debug)\\b")
                        .matcher(build)
                        .find(),
                build);
    }
}
