package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.paenmf.testing.ConsumerModule;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program on the module path that may compute on CUDA. */
@Tag("jdk")
class CudaModulePathTest {

    private static final String PROGRAM = """
            package consumer;

            import io.github.paenmf.PaeNmf;
            import io.github.paenmf.backend.Backends;
            import io.github.paenmf.backend.cuda.CudaProbe;
            import io.github.paenmf.data.Matrix;

            public final class Main {
                public static void main(String[] arguments) {
                    Matrix data = Matrix.of(new float[][] {{1, 2}, {3, 4}, {5, 7}});
                    System.out.println(
                            "on " + PaeNmf.builder().rank(1).epochs(5).build().fit(data).trainedOn().orElseThrow());
                    System.out.println("CUDA: " + CudaProbe.get().reason());
                    System.out.println("CUDA: " + Backends.deviceUnavailable());
                }
            }
            """;

    @TempDir
    private Path directory;

    private void check(String on, String reason, Predicate<String> leftOut, String libraries, String... options)
            throws Exception {
        ConsumerModule consumer = new ConsumerModule(directory, PROGRAM, List.of("paenmf", "paenmf.cuda"), leftOut);
        List<String> lines = consumer.run(libraries, options);

        assertEquals(3, lines.size(), () -> String.join("\n", lines));
        assertTrue(lines.get(0).startsWith("on " + on), lines.get(0));
        assertTrue(lines.get(1).startsWith("CUDA: " + reason), lines.get(1));
        assertEquals(lines.get(1), lines.get(2));
    }

    /** Nothing else is printed: no log, no warning of the JVM. */
    @Test
    void withoutADeviceItRunsOnTheCpu() throws Exception {
        check("CPU, ", CudaProbe.get().reason(), jar -> false, null);
    }

    @Test
    void theKernelsMayBeLeftOut() throws Exception {
        check(
                "CPU, ",
                "the jar paenmf-kernels is on neither the class path nor",
                jar -> jar.startsWith("paenmf-kernels"),
                null);
    }

    @Test
    @Tag("cuda")
    @Tag("checkout")
    void cudaIsFoundFromTheModulePath() throws Exception {
        assumeTrue(CudaProbe.get().devices().get(0).emulated(), "needs the emulated driver");
        check(
                "CUDA, ",
                "null",
                jar -> false,
                System.getenv("LD_LIBRARY_PATH"),
                "--enable-native-access=paenmf.cuda,jcuda,jcublas");
    }
}
