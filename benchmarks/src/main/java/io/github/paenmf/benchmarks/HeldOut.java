package io.github.paenmf.benchmarks;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Zeros;
import io.github.paenmf.train.HeldOutNmf;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How well fits predict entries that they have not seen: one JSON object a line for each. A tenth of the entries is
 * hidden, and expectation maximisation fits the rest: hidden entries start as the means of their features, and after
 * each epoch (of PAE-NMF five) become what the model makes of them. Each fit is on one thread, which changes no bit.
 */
public final class HeldOut {

    private static final int HALS_EPOCHS = 200;
    private static final int VB_EPOCHS = 200;
    /** Of the first fit, at least 20: updates go on with zeros where a model has some, but do not begin with them. */
    private static final int VB_FIRST = 25;

    private static final int PAE_EPOCHS = 1000;
    /** From one filling to the next: 200 fillings, as many as HALS has. Adam's averages start anew in each round. */
    private static final int PAE_ROUND = 5;

    private final Matrix data;
    private final int rank;
    private final long seed;
    private final HiddenEntries hidden;

    private HeldOut(Matrix data, int rank, long seed) {
        this.data = data;
        this.rank = rank;
        this.seed = seed;
        this.hidden = new HiddenEntries(data, seed);
    }

    /** What came of a fit; σ in units of the data's root mean square, NaN where there is none. */
    private record Outcome(int epochs, double error, double sigma) {}

    /** Fits and prints: {@code FILE RANK FIRST_SEED SEEDS METHOD...}; methods are those of {@link #fit}. */
    public static void main(String[] args) throws IOException {
        Matrix data = MatrixReader.read(args[0]);
        int rank = Integer.parseInt(args[1]);
        long first = Long.parseLong(args[2]);
        long seeds = Long.parseLong(args[3]);
        for (long seed = first; seed < first + seeds; seed++) {
            HeldOut heldOut = new HeldOut(data, rank, seed);
            for (String method : List.of(args).subList(4, args.length)) {
                System.out.println(JSON.std.asString(heldOut.measure(method)));
            }
        }
    }

    private Map<String, Object> measure(String method) {
        Outcome outcome = fit(method);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("rows", data.rows());
        figures.put("columns", data.columns());
        figures.put("rank", rank);
        figures.put("seed", seed);
        figures.put("hidden", hidden.count());
        figures.put("method", method);
        figures.put("epochs", outcome.epochs);
        figures.put("error", rounded(outcome.error));
        if (!Double.isNaN(outcome.sigma)) {
            figures.put("sigma", rounded(outcome.sigma));
        }
        return figures;
    }

    private Outcome fit(String method) {
        return switch (method) {
            case "nmf-hals" ->
                new Outcome(
                        HALS_EPOCHS,
                        new HeldOutNmf(data, seed, HiddenEntries.PATTERN).relativeError(rank, HALS_EPOCHS),
                        Double.NaN);
            case "pae" -> pae();
            case "vb" -> variational(Zeros.LEARN);
            case "vb-zeros-off" -> variational(Zeros.OFF);
            default -> throw new IllegalArgumentException("there is no method " + method);
        };
    }

    private Outcome pae() {
        PaeNmf estimator = PaeNmf.builder()
                .rank(rank)
                .epochs(PAE_ROUND)
                .seed(seed)
                .backend(Backends.Choice.CPU)
                .threads(1)
                .build();
        Matrix filled = hidden.filledWithMeans();
        PaeNmfModel model = estimator.fit(filled);
        while (model.totalEpochs() < PAE_EPOCHS) {
            filled = hidden.filledWith(model.reconstructMean(filled));
            model = estimator.update(model, filled);
        }
        return new Outcome(model.totalEpochs(), hidden.relativeError(model.reconstructMean(filled)), Double.NaN);
    }

    private Outcome variational(Zeros zeros) {
        VariationalNmf.Builder builder = VariationalNmf.builder()
                .rank(rank)
                .zeros(zeros)
                .intervals(IntervalMethod.MEAN_FIELD)
                .seed(seed)
                .backend(Backends.Choice.CPU)
                .threads(1);
        Matrix filled = hidden.filledWithMeans();
        VariationalModel model = builder.epochs(VB_FIRST).build().fit(filled);
        while (model.totalEpochs() < VB_EPOCHS) {
            filled = hidden.filledWith(model.reconstructMean(filled));
            model = builder.epochs(1).sigma(sigma(model)).build().update(model, filled);
        }
        return new Outcome(model.totalEpochs(), hidden.relativeError(model.reconstructMean(filled)), model.sigma());
    }

    /**
     * The best σ for the entries that were seen. What is learned counts hidden entries as if they had been, whose error
     * is only that of the posterior, so that σ² comes out too small by their share.
     */
    private double sigma(VariationalModel model) {
        double variance = model.sigma() * model.sigma();
        double[] reconstruction = model.history().reconstruction(); // −E ln p(v | H, W) per row
        double perRow =
                reconstruction[reconstruction.length - 1] - data.columns() / 2.0 * Math.log(2 * Math.PI * variance);
        double squaredError = 2 * variance * perRow * data.rows();
        return Math.sqrt(squaredError / (data.size() - hidden.count()));
    }

    private static double rounded(double value) {
        return Math.rint(value * 1e5) / 1e5;
    }
}
