package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Somebody's module that requires paenmf: compiled, and run in a JVM of its own, with nothing on the class path. */
final class ConsumerModule {

    private static final String PROGRAM = """
            package consumer;

            import io.github.paenmf.Nmf;
            import io.github.paenmf.PaeNmf;
            import io.github.paenmf.PaeNmfModel;
            import io.github.paenmf.backend.Backends;
            import io.github.paenmf.backend.cuda.CudaProbe;
            import io.github.paenmf.data.Matrix;
            import io.github.paenmf.io.MatrixReader;
            import io.github.paenmf.io.MatrixWriter;
            import java.nio.file.Path;

            public final class Main {
                public static void main(String[] arguments) throws Exception {
                    Path folder = Path.of(arguments[0]);
                    Backends.Choice backend = Backends.Choice.valueOf(arguments[1]);
                    Matrix digits = MatrixReader.read("demo:digits").selectRows(new int[] {3, 1, 4, 15, 9, 2, 6, 5});
                    MatrixWriter.write(folder.resolve("digits.csv"), digits);
                    Matrix data = MatrixReader.read(folder.resolve("digits.csv").toString());
                    PaeNmfModel model = PaeNmf.builder().rank(3).epochs(5).backend(backend).build().fit(data);
                    model.save(folder.resolve("model.npz"));
                    PaeNmfModel loaded = PaeNmfModel.load(folder.resolve("model.npz"));
                    System.out.println(loaded.transform(data).median().columns() + " components");
                    System.out.println("finite score " + Double.isFinite(loaded.score(data).relativeError()));
                    System.out.println("NMF " + Nmf.builder().rank(2).epochs(5).build().fit(data).basis().columns());
                    System.out.println("HDF5 " + MatrixReader.read(folder.resolve("data.h5ad").toString()));
                    System.out.println("on " + model.trainedOn().orElseThrow());
                    System.out.println("CUDA: " + CudaProbe.get().reason());
                }
            }
            """;

    private final Path folder;
    private final String modulePath;

    /**
     * Compiles.
     *
     * @param leftOut names of jars that are not on the module path when it runs
     */
    ConsumerModule(Path folder, Predicate<String> leftOut) throws IOException {
        this.folder = folder;
        try (WritableHdfFile file = HdfFile.write(folder.resolve("data.h5ad"))) {
            file.putAttribute("encoding-type", "anndata");
            file.putDataset("X", new float[][] {{1, 2, 3}, {4, 5, 6}});
        }
        Path kernels = folder.resolve("paenmf-kernels-0.jar");
        List<String> modules = new ArrayList<>(List.of(folder.resolve("classes").toString()));
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path path = Path.of(entry);
            boolean forTests = entry.matches(".*/(org/junit|org/opentest4j|org/apiguardian|org/jspecify|com/tngtech)/.*"
                    + "|.*/jcurand/.*|.*/test-classes/?");
            if (Files.exists(path.resolve("io/github/paenmf/kernels"))) { // a folder as this build has it, else a jar
                tool("jar", "--create", "--file", kernels.toString(), "-C", entry, ".");
                path = kernels;
            }
            if (!forTests) {
                modules.add(path.toString());
            }
        }
        this.modulePath = modules.stream()
                .filter(module -> !leftOut.test(Path.of(module).getFileName().toString()))
                .collect(Collectors.joining(File.pathSeparator));

        Path sources = Files.createDirectories(folder.resolve("sources/consumer"));
        Path main = Files.writeString(sources.resolve("Main.java"), PROGRAM);
        Path module =
                Files.writeString(sources.resolveSibling("module-info.java"), "module consumer { requires paenmf; }");
        String classes = Files.createDirectories(folder.resolve("classes")).toString();
        tool(
                "javac",
                "-proc:none",
                "-p",
                String.join(File.pathSeparator, modules),
                "-d",
                classes,
                module.toString(),
                main.toString());
    }

    private static void tool(String name, String... arguments) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        int result = ToolProvider.findFirst(name).orElseThrow().run(out, out, arguments);
        assertEquals(0, result, () -> said.toString(StandardCharsets.UTF_8));
    }

    /**
     * Runs it.
     *
     * @param libraries the folder with CUDA's libraries, or null
     * @return what it printed, on stdout and stderr together, line by line
     */
    List<String> run(String backend, String libraries, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.addAll(List.of("-XX:-UsePerfData", "-p", modulePath, "-m", "consumer/consumer.Main"));
        command.addAll(List.of(folder.toString(), backend));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        Stream.of("LD_LIBRARY_PATH", "JAVA_TOOL_OPTIONS").forEach(environment::remove);
        if (libraries != null) {
            environment.put("LD_LIBRARY_PATH", libraries);
        }
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output.lines().toList();
    }
}
