package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.testing.ConsumerModule;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program on the module path, and that it sees nothing of the library on its streams. */
@Tag("jdk")
class ModulePathTest {

    private static final String PROGRAM = """
            package consumer;

            import io.github.paenmf.Nmf;
            import io.github.paenmf.PaeNmf;
            import io.github.paenmf.PaeNmfModel;
            import io.github.paenmf.VariationalNmf;
            import io.github.paenmf.backend.Backends;
            import io.github.paenmf.backend.Blas;
            import io.github.paenmf.data.Matrix;
            import io.github.paenmf.io.MatrixReader;
            import io.github.paenmf.io.MatrixWriter;
            import java.nio.file.Files;
            import java.nio.file.Path;

            public final class Main {
                public static void main(String[] arguments) throws Exception {
                    Path folder = Path.of(arguments[0]);
                    Matrix digits = MatrixReader.read("demo:digits").selectRows(new int[] {3, 1, 4, 15, 9, 2, 6, 5});
                    MatrixWriter.write(folder.resolve("digits.csv"), digits);
                    Matrix data = MatrixReader.read(folder.resolve("digits.csv").toString());
                    PaeNmfModel model = PaeNmf.builder().rank(3).epochs(5).build().fit(data);
                    model.save(folder.resolve("model.npz"));
                    PaeNmfModel loaded = PaeNmfModel.load(folder.resolve("model.npz"));
                    System.out.println(loaded.transform(data).median().columns() + " components");
                    System.out.println("finite score " + Double.isFinite(loaded.score(data).relativeError()));
                    System.out.println("NMF " + Nmf.builder().rank(2).epochs(5).build().fit(data).basis().columns());
                    System.out.println(
                            "vb " + VariationalNmf.builder().rank(2).epochs(5).build().fit(data).basis().columns());
                    System.out.println("on " + model.trainedOn().orElseThrow());
                    System.out.println("CUDA: " + Backends.deviceUnavailable());
                    attempt(() -> PaeNmf.builder().rank(3).epochs(5).backend(Backends.Choice.CUDA).build().fit(data));
                    attempt(() -> PaeNmf.builder().rank(3).epochs(5).blas(Blas.NETLIB).build().fit(data));
                    attempt(() -> MatrixReader.read(Files.write(
                            folder.resolve("a.h5"), new byte[] {(byte) 0x89, 'H', 'D', 'F', '\\r', '\\n', 26, '\\n'}).toString()));
                    attempt(() -> MatrixReader.read(Files.createDirectory(folder.resolve("images")).toString()));
                }

                private interface Action {
                    Object run() throws Exception;
                }

                private static void attempt(Action action) {
                    try {
                        action.run();
                        System.out.println("done");
                    } catch (Exception e) {
                        System.out.println(e.getMessage());
                    }
                }
            }
            """;

    @TempDir
    private Path directory;

    private ConsumerModule consumer(Predicate<String> leftOut) throws Exception {
        return new ConsumerModule(directory, PROGRAM, List.of("paenmf"), leftOut);
    }

    /** Nothing else is printed: no log, no warning of the JVM. */
    @Test
    void fitsScoresTransformsAndReadsWithoutTheOtherLibraries() throws Exception {
        List<String> lines = consumer(jar -> jar.matches("(blas|arpack).*")).run(null);

        assertEquals(10, lines.size(), () -> String.join("\n", lines));
        assertEquals(List.of("3 components", "finite score true", "NMF 2", "vb 2"), lines.subList(0, 4));
        assertTrue(lines.get(4).startsWith("on CPU, "), lines.get(4));
        String absent = "on neither the class path nor the module path; add it";
        assertEquals("CUDA: the library paenmf-cuda is " + absent, lines.get(5));
        assertEquals("CUDA unavailable: the library paenmf-cuda is " + absent, lines.get(6));
        assertTrue(lines.get(7).startsWith("the library dev.ludovic.netlib:blas, which has this BLAS, is on neither"));
        assertTrue(lines.get(8).endsWith("an HDF5 file is read by the library paenmf-formats, which is " + absent));
        assertTrue(
                lines.get(9).endsWith("directory of images is read by the library paenmf-formats, which is " + absent));
    }

    @Test
    void vectorInstructionsAreUsedWhereTheirModuleIs() throws Exception {
        List<String> lines = consumer(jar -> false).run(null, "--add-modules", "jdk.incubator.vector").stream()
                .filter(line -> !line.startsWith("WARNING: Using incubator modules"))
                .toList();

        assertTrue(lines.get(4).contains("-bit (Vector API)"), lines.get(4));
        assertEquals("done", lines.get(7));
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
                Stream.of("", ".backend", ".data", ".io", ".math", ".model", ".train")
                        .map(name -> root + name)
                        .collect(Collectors.toSet()),
                module.exports().stream().map(ModuleDescriptor.Exports::source).collect(Collectors.toSet()));
    }
}
