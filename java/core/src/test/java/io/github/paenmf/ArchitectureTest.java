package io.github.paenmf;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.DenseRows;
import io.github.paenmf.testing.StaticState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A package imports only from those below it. */
class ArchitectureTest {

    private static final String ROOT = "io.github.paenmf";

    private static final JavaClasses CLASSES = read();

    /** What was compiled for this module; the libraries below are known by name, which is enough and quick. */
    private static JavaClasses read() {
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        return new ClassFileImporter()
                .importUrl(PaeNmf.class.getProtectionDomain().getCodeSource().getLocation());
    }

    static Stream<Arguments> layers() {
        return Stream.of(
                arguments("data", new String[] {}),
                arguments("math", new String[] {}),
                arguments("random", new String[] {}),
                arguments("vb", new String[] {"model", "data", "math", "random"}),
                arguments("model", new String[] {"data", "math", "random"}),
                arguments("io", new String[] {"model", "data"}),
                arguments("backend", new String[] {"backend.cpu", "model", "data", "math", "random"}),
                arguments("backend.cpu", new String[] {"backend", "model", "data", "math", "random"}),
                arguments("train.steps", new String[] {"backend", "model", "data", "random"}),
                arguments("train", new String[] {"train.steps", "backend", "vb", "model", "data", "math", "random"}));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void layers(String layer, String... below) {
        String[] allowed = Stream.concat(Stream.of(layer), Arrays.stream(below))
                .map(name -> ROOT + "." + name)
                .toArray(String[]::new);
        DescribedPredicate<JavaClass> ours = resideInAPackage(ROOT + "..");

        noClasses()
                .that()
                .resideInAPackage(ROOT + "." + layer)
                .should()
                .dependOnClassesThat(ours.and(DescribedPredicate.not(resideInAnyPackage(allowed))))
                .check(CLASSES);
    }

    @Test
    void everyPackageIsALayer() {
        classes()
                .should()
                .resideInAnyPackage(Stream.concat(Stream.of(ROOT), layers().map(layer -> ROOT + "." + layer.get()[0]))
                        .toArray(String[]::new))
                .check(CLASSES);
    }

    @Test
    void onlyTheChoiceKnowsTheCpuBackend() {
        noClasses()
                .that(resideInAPackage(ROOT + "..")
                        .and(DescribedPredicate.not(resideInAPackage(ROOT + ".backend.cpu")))
                        .and(DescribedPredicate.not(type(Backends.class)))
                        .and(DescribedPredicate.not(type(Backends.Choice.class))))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + ".backend.cpu")
                .check(CLASSES);
    }

    /** All others pass blocks of data on, or copy rows: another form of data must not touch them. */
    @Test
    void onlyProductsAndUploadsSeeTheFormOfData() {
        Set<String> opening = Stream.of("backend.cpu.BlockProducts", "backend.cpu.Residuals")
                .map(name -> ROOT + "." + name)
                .collect(Collectors.toSet());
        DescribedPredicate<JavaClass> form = type(DenseRows.class);
        noClasses()
                .that(DescribedPredicate.not(resideInAPackage(ROOT + ".data"))
                        .and(DescribedPredicate.describe(
                                "are not named here", type -> !opening.contains(type.getName()))))
                .should()
                .dependOnClassesThat(form)
                .check(CLASSES);
        for (String name : opening) {
            assertTrue(
                    CLASSES.get(name).getDirectDependenciesFromSelf().stream()
                            .anyMatch(use -> form.test(use.getTargetClass())),
                    name);
        }
    }

    /** But for the choice of a backend, which the implementations do not see. */
    @Test
    void noCycles() {
        slices().matching(ROOT + ".(**)")
                .should()
                .beFreeOfCycles()
                .ignoreDependency(
                        resideInAPackage(ROOT + ".backend")
                                .and(DescribedPredicate.describe(
                                        "the choice", type -> type.getName().startsWith(Backends.class.getName()))),
                        resideInAPackage(ROOT + ".backend.."))
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".backend.*")
                .should()
                .dependOnClassesThat(type(Backends.class))
                .check(CLASSES);
    }

    /** Those of other modules, and what may be absent. */
    @Test
    void onlyOneClassKnowsALibraryThatIsOptional() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName(ROOT + ".backend.cpu.NetlibGemm")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.ludovic..", "jcuda..", "io.jhdf..", "java.awt..", "javax.imageio..")
                .check(CLASSES);
        assertTrue(
                CLASSES.get(ROOT + ".backend.cpu.NetlibGemm").getDirectDependenciesFromSelf().stream()
                        .anyMatch(use -> use.getTargetClass().getPackageName().startsWith("dev.ludovic")),
                "the rule has something to find");
    }

    /** Classes that need the incubator module, nested ones included. */
    private static final String VECTOR_CLASSES = ".*\\.backend\\.cpu\\.Vector\\w+(\\$\\w+)*";

    @Test
    void onlyVectorClassesNeedTheIncubatorModule() {
        noClasses()
                .that()
                .haveNameNotMatching(VECTOR_CLASSES)
                .should()
                .dependOnClassesThat()
                .resideInAPackage("jdk.incubator..")
                .check(CLASSES);
        assertTrue(
                CLASSES.get(ROOT + ".backend.cpu.VectorHeadKernel").getDirectDependenciesFromSelf().stream()
                        .anyMatch(use -> use.getTargetClass().getPackageName().equals("jdk.incubator.vector")),
                "the rule has something to find");
    }

    /** They are loaded by name, since the module may be absent. */
    @Test
    void nothingLinksToVectorClasses() {
        noClasses()
                .that()
                .haveNameNotMatching(VECTOR_CLASSES)
                .should()
                .dependOnClassesThat()
                .haveNameMatching(VECTOR_CLASSES)
                .check(CLASSES);
    }

    /** The order of a sum over lanes, and vectors' and newer JDKs' own functions, follow the machine and the JDK. */
    @Test
    void bitsDoNotFollowTheMachineOrTheJdk() {
        noClasses()
                .should()
                .accessTargetWhere(DescribedPredicate.describe(
                        "its bits follow the machine or the JDK", ArchitectureTest::hasBitsOfItsOwn))
                .check(CLASSES);
    }

    private static boolean hasBitsOfItsOwn(JavaAccess<?> access) {
        String name = access.getName();
        return switch (access.getTargetOwner().getName()) {
            case "java.lang.Math" -> Set.of("tanh", "cbrt").contains(name);
            case "jdk.incubator.vector.VectorOperators" -> VECTOR_FUNCTIONS.contains(name);
            default -> name.equals("reduceLanes");
        };
    }

    /** All but those that every machine rounds as IEEE 754 does. */
    private static final Set<String> VECTOR_FUNCTIONS = Set.of(
            "SIN", "COS", "TAN", "ASIN", "ACOS", "ATAN", "EXP", "EXPM1", "LOG", "LOG10", "LOG1P", "CBRT", "SINH",
            "COSH", "TANH", "POW", "HYPOT", "ATAN2");

    @Test
    void nothingIsSerialised() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveNameMatching("java\\.io\\.(Serializable|Externalizable|Object(In|Out)put(Stream)?)")
                .check(CLASSES);
    }

    /** But for a count that tests read, scratch space of a thread, and what an interrupt has to remove. */
    @Test
    void classesKeepNoState() {
        StaticState.refuse(CLASSES, "Workers.STARTED", "VectorTiles.LANES_OF_DOTS", "AtomicFile.UNFINISHED");
    }

    @Test
    void onlyTheCommandLineEndsTheProcessOrPrints() {
        noClasses().should().callMethod(System.class, "exit", int.class).check(CLASSES);
        noClasses()
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .check(CLASSES);
    }

    /** A package of two modules is on no module path: of what measures, too. */
    @Test
    void noPackageIsInTwoModules() throws IOException {
        Map<Path, Set<String>> modules = new TreeMap<>();
        for (String module : MODULES) {
            Path sources = sources(module);
            for (Path file : javaFiles(module)) {
                modules.computeIfAbsent(sources.relativize(file).getParent(), folder -> new TreeSet<>())
                        .add(module);
            }
        }
        assertTrue(modules.size() > 10, "the rule has something to find");
        modules.values().removeIf(of -> of.size() == 1);
        assertEquals(Map.of(), modules);
    }

    /** Of all modules. A longer one has more than one task. */
    @Test
    void noClassHasMoreThan500Lines() throws IOException {
        Map<Path, Integer> lines = new TreeMap<>();
        for (String module : MODULES) {
            for (Path file : javaFiles(module)) {
                lines.put(file, Files.readAllLines(file).size());
            }
        }
        assertTrue(lines.size() > 100, "the rule has something to find");
        lines.values().removeIf(count -> count <= 500);
        assertEquals(Map.of(), lines);
    }

    private static final List<String> MODULES =
            List.of("java/core", "java/cuda", "java/formats", "java/spark", "java/cli", "benchmarks");

    private static Path sources(String module) {
        return Path.of("../..", module, "src/main/java");
    }

    /** But for declarations of modules. */
    private static List<Path> javaFiles(String module) throws IOException {
        try (Stream<Path> files = Files.walk(sources(module))) {
            return files.filter(file -> file.toString().endsWith(".java") && !file.endsWith("module-info.java"))
                    .toList();
        }
    }
}
