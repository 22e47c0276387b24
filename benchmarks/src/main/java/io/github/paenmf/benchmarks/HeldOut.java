package io.github.paenmf.benchmarks;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.EstimatorBuilder;
import io.github.paenmf.FactorisationModel;
import io.github.paenmf.HoldOut;
import io.github.paenmf.Nmf;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Zeros;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How well fits predict entries that they have not seen: one JSON object per line for each. A tenth of the entries is hidden
 * ({@link HoldOut}) and missing for the fit, and predicted from the others of the same row. Each fit is on one thread, which
 * changes no bit.
 */
public final class HeldOut {

    private static final double SHARE = 0.1;

    private static final int NMF_EPOCHS = 200;
    private static final int VB_EPOCHS = 200;
    private static final int PAE_EPOCHS = 1000;

    private final RowSource training;
    private final int rank;
    private final long seed;

    private HeldOut(RowSource training, int rank, long seed) {
        this.training = training;
        this.rank = rank;
        this.seed = seed;
    }

    /** Fits and prints: {@code FILE RANK FIRST_SEED SEEDS METHOD...}; methods are those of {@link #fit}. */
    public static void main(String[] args) throws IOException {
        Matrix data = MatrixReader.read(args[0]);
        int rank = Integer.parseInt(args[1]);
        long first = Long.parseLong(args[2]);
        long seeds = Long.parseLong(args[3]);
        for (long seed = first; seed < first + seeds; seed++) {
            HoldOut split = HoldOut.split(data, Missing.NONE, SHARE, seed);
            HeldOut heldOut = new HeldOut(split.training(), rank, seed);
            for (String method : List.of(args).subList(4, args.length)) {
                System.out.println(JSON.std.asString(heldOut.measure(split, method)));
            }
        }
    }

    private Map<String, Object> measure(HoldOut split, String method) {
        FactorisationModel model = fit(method);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("rows", training.rows());
        figures.put("columns", training.columns());
        figures.put("rank", rank);
        figures.put("seed", seed);
        figures.put("hidden", split.entries());
        figures.put("method", method);
        figures.put("epochs", model.totalEpochs());
        figures.put("error", rounded(split.relativeError(model)));
        if (model instanceof VariationalModel variational) {
            figures.put("sigma", rounded(variational.sigma())); // in units of the data's root mean square
        }
        return figures;
    }

    private FactorisationModel fit(String method) {
        return switch (method) {
            case "nmf-hals" -> common(Nmf.builder()).epochs(NMF_EPOCHS).build().fit(training);
            case "pae" -> common(PaeNmf.builder()).epochs(PAE_EPOCHS).build().fit(training);
            case "vb" -> variational(Zeros.LEARN);
            case "vb-zeros-off" -> variational(Zeros.OFF);
            default -> throw new IllegalArgumentException("there is no method " + method);
        };
    }

    private VariationalModel variational(Zeros zeros) {
        return common(VariationalNmf.builder())
                .epochs(VB_EPOCHS)
                .zeros(zeros)
                .intervals(IntervalMethod.MEAN_FIELD) // others cost a pass over the data, and are not looked at
                .build()
                .fit(training);
    }

    private <B extends EstimatorBuilder<B>> B common(B builder) {
        return builder.rank(rank)
                .seed(seed)
                .missing(true)
                .backend(Backends.Choice.CPU)
                .threads(1);
    }

    private static double rounded(double value) {
        return Math.rint(value * 1e5) / 1e5;
    }
}
