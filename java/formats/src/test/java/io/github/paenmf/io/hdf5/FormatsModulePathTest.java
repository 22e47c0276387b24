package io.github.paenmf.io.hdf5;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.testing.ConsumerModule;
import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program on the module path that reads other formats, and that it sees nothing of their libraries on its streams. */
@Tag("jdk")
class FormatsModulePathTest {

    private static final String PROGRAM = """
            package consumer;

            import io.github.paenmf.io.MatrixReader;
            import java.nio.file.Path;

            public final class Main {
                public static void main(String[] arguments) throws Exception {
                    for (String name : new String[] {"data.h5ad", "images"}) {
                        System.out.println(MatrixReader.read(Path.of(arguments[0], name).toString()));
                    }
                }
            }
            """;

    @Test
    void readsHdf5AndImages(@TempDir Path directory) throws Exception {
        try (WritableHdfFile file = HdfFile.write(directory.resolve("data.h5ad"))) {
            file.putAttribute("encoding-type", "anndata");
            file.putDataset("X", new float[][] {{1, 2, 3}, {4, 5, 6}});
        }
        Files.writeString(Files.createDirectory(directory.resolve("images")).resolve("a.pgm"), "P2 2 1 255 3 4");

        List<String> lines = new ConsumerModule(
                        directory, PROGRAM, List.of("paenmf", "paenmf.formats"), jar -> jar.startsWith("slf4j-nop"))
                .run(null).stream().filter(line -> !line.startsWith("SLF4J(W)")).toList();

        assertEquals(List.of("2 × 3 matrix", "1 × 2 matrix"), lines);
    }
}
