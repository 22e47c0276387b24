package io.github.paenmf.spark;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.github.paenmf.testing.StaticState;
import org.junit.jupiter.api.Test;

/** What the estimators of Spark ML may know. */
class SparkArchitectureTest {

    private static final String ROOT = "io.github.paenmf";

    private static final JavaClasses CLASSES = read();

    private static JavaClasses read() {
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        return new ClassFileImporter()
                .importUrl(VariationalNmf.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation());
    }

    /** Packages that the library exports. */
    @Test
    void itImportsWhatTheLibraryExports() {
        String[] allowed = {
            ROOT, ROOT + ".spark", ROOT + ".train", ROOT + ".backend", ROOT + ".io", ROOT + ".model", ROOT + ".data"
        };
        noClasses()
                .should()
                .dependOnClassesThat(
                        resideInAPackage(ROOT + "..").and(DescribedPredicate.not(resideInAnyPackage(allowed))))
                .check(CLASSES);
    }

    /** Executors keep nothing but blocks of rows and broadcasts, which Spark knows of and can make again. */
    @Test
    void classesKeepNoState() {
        StaticState.refuse(CLASSES);
    }
}
