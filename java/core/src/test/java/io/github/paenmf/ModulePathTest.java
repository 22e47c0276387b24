package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.paenmf.backend.cuda.CudaProbe;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program on the module path, and that a program without natives sees nothing of the library on its streams. */
class ModulePathTest {

    private static final List<String> RESULTS =
            List.of("3 components", "finite score true", "NMF 2", "HDF5 2 × 3 matrix");

    @TempDir
    private Path directory;

    private static void check(List<String> lines, String on, String cuda) {
        assertEquals(6, lines.size(), () -> String.join("\n", lines));
        assertEquals(RESULTS, lines.subList(0, 4));
        assertTrue(lines.get(4).startsWith("on " + on), lines.get(4));
        assertTrue(lines.get(5).startsWith("CUDA: " + cuda), lines.get(5));
    }

    /** Nothing else is printed: no log, no warning of the JVM. */
    @Test
    void fitsScoresTransformsAndReads() throws Exception {
        String reason = CudaProbe.get().reason();
        check(new ConsumerModule(directory, jar -> false).run("AUTO", null), "CPU, ", reason);
    }

    @Test
    void jcudaMayBeLeftOut() throws Exception {
        check(
                new ConsumerModule(directory, jar -> jar.startsWith("jcu")).run("AUTO", null),
                "CPU, ",
                "JCuda is on neither the class path nor the module path; add the jars jcuda and jcublas");
    }

    @Test
    void theKernelsMayBeLeftOut() throws Exception {
        ConsumerModule consumer = new ConsumerModule(directory, jar -> jar.startsWith("paenmf-kernels"));
        check(consumer.run("AUTO", null), "CPU, ", "the jar paenmf-kernels is on neither the class path nor");
    }

    @Test
    void vectorInstructionsAreUsedWhereTheirModuleIs() throws Exception {
        List<String> lines = new ConsumerModule(directory, jar -> false)
                .run("CPU", null, "--add-modules", "jdk.incubator.vector").stream()
                        .filter(line -> !line.startsWith("WARNING: Using incubator modules"))
                        .toList();

        check(lines, "CPU, ", "");
        assertTrue(lines.get(4).contains("-bit (Vector API)"), lines.get(4));
    }

    @Test
    @Tag("cuda")
    void cudaIsFoundFromTheModulePath() throws Exception {
        assumeTrue(CudaProbe.get().devices().get(0).emulated(), "needs the emulated driver");
        List<String> lines = new ConsumerModule(directory, jar -> false)
                .run("CUDA", System.getenv("LD_LIBRARY_PATH"), "--enable-native-access=paenmf,jcuda,jcublas");

        check(lines, "CUDA, ", "null");
    }

    /** What a program may come to rely on, and so changes with a reason only. */
    @Test
    void onlyWhatUsersNeedIsExported() throws Exception {
        ModuleDescriptor module = ModuleFinder.of(Path.of(PaeNmf.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI()))
                .find("paenmf")
                .orElseThrow()
                .descriptor();
        String root = "io.github.paenmf";

        assertEquals(
                Stream.of("", ".backend", ".backend.cuda", ".data", ".io", ".math", ".model", ".train")
                        .map(name -> root + name)
                        .collect(Collectors.toSet()),
                module.exports().stream().map(ModuleDescriptor.Exports::source).collect(Collectors.toSet()));
    }
}
