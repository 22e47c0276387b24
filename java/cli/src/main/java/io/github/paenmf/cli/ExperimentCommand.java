package io.github.paenmf.cli;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.cli.experiment.DataSet;
import io.github.paenmf.cli.experiment.Experiment;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.AtomicFile;
import io.github.paenmf.io.CannotWriteException;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "experiment",
        customSynopsis = "paenmf experiment NAME --out DIR [--data DIR] [OPTIONS]",
        description = {
            "Reproduces the paper's results for one data set: fits PAE-NMF, variational NMF, the deterministic autoencoder"
                    + " and standard NMF with fixed seeds, and writes the paper's figures 3 to 7, a model of PAE-NMF and"
                    + " results.json to --out. Figures and a model of variational NMF, without figure 5, which is about"
                    + " training PAE-NMF, end in -vb.",
            "",
            "faces, genes and prices need --data, a directory with faces.npy (2429 x 361), genes.npy (38 x 5000) or"
                    + " prices.npy (94 x 1305). digits come with this program. What is in such a file counts, not its name: one"
                    + " that is sparse is read as dense, and gives the same results.",
        },
        footer = {
            "",
            "Examples:",
            "  paenmf experiment digits --out digits",
            "  paenmf experiment genes --data data --out genes --seeds 1",
            "  paenmf experiment faces --data data --out faces --checkpoint faces.ckpt"
        })
final class ExperimentCommand extends Subcommand {

    static final String RESULTS = "results.json";

    @Parameters(
            index = "0",
            paramLabel = "NAME",
            completionCandidates = Names.Experiments.class,
            description = "Which: ${COMPLETION-CANDIDATES}.")
    private DataSet set;

    @Option(names = "--data", paramLabel = "DIR", description = "Directory with the data.")
    private Path data;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            required = true,
            description = "Directory for pictures and results; it is created if it is not there.")
    private Path out;

    @Option(
            names = "--seeds",
            paramLabel = "N",
            defaultValue = "5",
            description = "How many seeds, from 0 on, at least 1.")
    private int seeds;

    @Mixin
    private BackendOptions backend;

    @Mixin
    private CheckpointOptions checkpoints;

    @Override
    public Integer call() throws IOException {
        require(seeds >= 1, "--seeds", "at least 1", seeds);
        if (set.isBundled() && data != null) {
            throw usage("--data has no effect with " + Names.of(set) + ", which come with this program; leave it out");
        }
        if (!set.isBundled() && data == null) {
            throw usage(Names.of(set) + " needs --data, a directory with " + set.source(Path.of("")));
        }
        Input input = read(set, data);
        try {
            Files.createDirectories(out);
        } catch (IOException e) {
            throw new CannotWriteException(out, "the directory cannot be created", e);
        }
        Path file = out.resolve(RESULTS);
        AtomicFile.requireWritable(file);
        Experiment experiment =
                new Experiment(set, input.matrix(), out, seeds, backend.execution(), listener(), checkpoints.open());
        Map<String, Object> results = new LinkedHashMap<>();
        results.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
        results.put("processors", Runtime.getRuntime().availableProcessors());
        results.putAll(checkpoints.run(this, () -> {}, experiment::run));
        byte[] json = JSON.std
                .with(JSON.Feature.PRETTY_PRINT_OUTPUT)
                .asString(results)
                .getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, stream -> stream.write(json));
        checkpoints.delete();
        if (!common.quiet()) {
            print(results);
        }
        closing("pictures, models and " + RESULTS + " are in " + out);
        return ExitCode.DONE;
    }

    /** Reads a set, dense whatever form its file has. */
    static Input read(DataSet set, Path folder) throws IOException {
        String source = set.source(folder);
        Matrix matrix = Input.naming(source, () -> MatrixReader.read(source));
        if (matrix.rows() != set.rows() || matrix.columns() != set.features()) {
            throw new DataException(source + ": must be " + set.rows() + " × " + set.features() + ", not "
                    + matrix.rows() + " × " + matrix.columns());
        }
        return new Input(source, matrix);
    }

    private Experiment.Listener listener() {
        return new Experiment.Listener() {

            @Override
            public void onFit(String what) {
                if (!common.quiet()) {
                    Failures.say(err(), what);
                }
            }

            @Override
            public boolean goesOn() {
                return !main().interruption().requested();
            }
        };
    }

    private void print(Map<String, Object> results) {
        for (Object each : (List<?>) results.get("cases")) {
            Map<?, ?> c = (Map<?, ?>) each;
            out().printf(Locale.ROOT, "%nrank %s, mean and range over %d seeds%n", c.get("rank"), seeds);
            out().printf(
                            Locale.ROOT,
                            "%-22s%-8s%-26s%-26s%-26s%-24s%-18s%s%n",
                            "",
                            "epochs",
                            "error (median)",
                            "error (mean)",
                            "error (sampled)",
                            "KL per sample",
                            "Hoyer sparsity",
                            "dead");
            for (Object method : ((Map<?, ?>) c.get("methods")).values()) {
                Map<?, ?> m = (Map<?, ?>) method;
                out().printf(
                                "%-22s%-8s%-26s%-26s%-26s%-24s%-18s%s%n",
                                m.get("title"),
                                m.get("epochs"),
                                range(m.get("relativeError"), "%.4f"),
                                range(m.get("relativeErrorMean"), "%.4f"),
                                range(m.get("relativeErrorSampled"), "%.4f"),
                                range(m.get("klPerSample"), "%.1f"),
                                range(m.get("hoyerSparsity"), "%.2f"),
                                range(m.get("deadComponents"), "%.0f"));
            }
            out().printf(
                            "distances of samples and of their latents: Spearman %s; variational NMF %s%n",
                            spearman(c), spearman((Map<?, ?>) c.get("variational")));
        }
        out().println();
        out().flush();
    }

    private static String spearman(Map<?, ?> results) {
        Map<?, ?> distance = (Map<?, ?>) results.get("latentDistance");
        return String.format(
                Locale.ROOT, "%.3f (%s samples)", (Double) distance.get("spearman"), distance.get("samples"));
    }

    private static String range(Object range, String format) {
        if (range == null) {
            return "";
        }
        Map<?, ?> r = (Map<?, ?>) range;
        String least = String.format(Locale.ROOT, format, r.get("min"));
        String greatest = String.format(Locale.ROOT, format, r.get("max"));
        String mean = String.format(Locale.ROOT, format, r.get("mean"));
        return least.equals(greatest) ? mean : mean + " (" + least + "-" + greatest + ")";
    }
}
