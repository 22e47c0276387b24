package io.github.paenmf.benchmarks;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.Nmf;
import io.github.paenmf.NmfModel;
import io.github.paenmf.VariationalModel.Bounds;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.io.MatrixWriter;
import io.github.paenmf.io.ReadOptions;
import io.github.paenmf.io.ReadOptions.Presence;
import io.github.paenmf.model.NmfInit;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Fits by flashier, an R package (Wang and Stephens 2021), in a process of {@code benchmarks/peers/flashier_peer.R}.
 * Data and posteriors go through files of a temporary folder.
 */
final class FlashierPeer implements AutoCloseable {

    /** System property that names the R program. */
    static final String PROGRAM = "paenmf.benchmarks.flashier";

    /** What methods begin with; the start follows. */
    static final String METHODS = "flashier-";

    private static final String READY = "READY ";
    private static final String FROM_NMF = "nmf";
    private static final int NMF_EPOCHS = 200;
    private static final ReadOptions NUMBERS_ALONE =
            ReadOptions.defaults().withHeader(Presence.NO).withRowNames(Presence.NO);

    private final double[] levels;
    private final Path folder;
    private final Process process;
    private final BufferedReader answers;
    private final Writer commands;
    private final String library;

    private FlashierPeer(double[] levels, Path folder) throws IOException {
        this.levels = levels;
        this.folder = folder;
        String program = Objects.requireNonNull(System.getProperty(PROGRAM), PROGRAM + " names no program");
        this.process = new ProcessBuilder("Rscript", program, folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        this.answers = process.inputReader();
        this.commands = process.outputWriter();
        this.library = (String) object(answer().substring(READY.length())).get("library");
    }

    /**
     * Starts R.
     *
     * @param levels of the intervals
     */
    static FlashierPeer start(double[] levels) throws IOException {
        return new FlashierPeer(levels, Files.createTempDirectory("flashier"));
    }

    /**
     * A fit.
     *
     * @param facts what to print of it
     * @param coefficients posterior of H
     * @param basis of W
     */
    record Fit(Map<String, Object> facts, Factor coefficients, Factor basis) {}

    /**
     * The posterior of one factor, in float as all intervals are.
     *
     * @param levels of the intervals
     * @param table blocks of columns: lower and upper bounds at each level, the mean, the inclusion
     */
    record Factor(double[] levels, Matrix table) {

        Bounds bounds(double level) {
            int at = Arrays.binarySearch(levels, level);
            return new Bounds(block(2 * at), block(2 * at + 1));
        }

        Matrix mean() {
            return block(2 * levels.length);
        }

        Matrix inclusion() {
            return block(2 * levels.length + 1);
        }

        private Matrix block(int which) {
            int rank = table.columns() / (2 * levels.length + 2);
            return table.selectColumns(
                    IntStream.range(which * rank, (which + 1) * rank).toArray());
        }
    }

    /**
     * Fits at most {@code rank} components.
     *
     * @param method {@code flashier-greedy}, or {@code flashier-nmf} from HALS of the data cut off at 0
     */
    Fit fit(String method, Matrix data, int rank, long seed) throws IOException {
        String start = method.substring(METHODS.length());
        write("data.csv", data);
        if (start.equals(FROM_NMF)) {
            Matrix cutOff = PlantedData.cutOff(data);
            NmfModel nmf = Nmf.builder()
                    .rank(rank)
                    .init(NmfInit.RANDOM)
                    .epochs(NMF_EPOCHS)
                    .seed(seed)
                    .backend(Backends.Choice.CPU)
                    .build()
                    .fit(cutOff);
            write("start-H.csv", nmf.transform(cutOff));
            write("start-W.csv", nmf.basis());
        }
        String probabilities = Arrays.stream(levels)
                .flatMap(level -> DoubleStream.of((1 - level) / 2, (1 + level) / 2))
                .mapToObj(Double::toString)
                .collect(Collectors.joining(","));
        commands.write(String.join(" ", List.of("FIT", start, "" + rank, "" + seed, probabilities)) + "\n");
        commands.flush();
        Map<String, Object> facts = object(answer());
        facts.put("library", library);
        return new Fit(facts, factor("H.csv"), factor("W.csv"));
    }

    private void write(String file, Matrix matrix) throws IOException {
        MatrixWriter.write(folder.resolve(file), matrix.withNames(List.of(), List.of()));
    }

    private Factor factor(String file) throws IOException {
        return new Factor(levels, MatrixReader.read(folder.resolve(file).toString(), NUMBERS_ALONE));
    }

    private String answer() throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw new IOException(process.info().commandLine().orElse("Rscript") + " ended without an answer");
        }
        return line;
    }

    private static Map<String, Object> object(String json) throws IOException {
        return JSON.std.mapFrom(json);
    }

    /** Ends R and removes the files. */
    @Override
    public void close() throws IOException {
        process.destroy();
        try (Stream<Path> files = Files.list(folder)) {
            files.forEach(FlashierPeer::delete);
        }
        Files.delete(folder);
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
