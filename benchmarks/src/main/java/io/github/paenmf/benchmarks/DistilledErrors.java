package io.github.paenmf.benchmarks;

import io.github.paenmf.ProbabilisticSession;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.model.IntervalMethod;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * How near the encoder of a variational NMF comes to exact posteriors on rows that it was not taught on, a fifth of the data, and
 * how many rows a second it takes: {@code NAME DATA RANK SEEDS [ROWS]}. Prints a line of a table, and for ROWS rows, made of
 * those of the data, a second one.
 */
public final class DistilledErrors {

    private static final int ROUNDS = 5;

    private final Matrix data;
    private final int rank;

    private DistilledErrors(Matrix data, int rank) {
        this.data = data;
        this.rank = rank;
    }

    /** Of one fit: the relative error of the means on held-out rows, and what the encoder makes of it. */
    private record Errors(double exact, double encoder, double once, double twice, double seconds) {}

    public static void main(String[] args) throws IOException {
        DistilledErrors errors = new DistilledErrors(MatrixReader.read(args[1]), Integer.parseInt(args[2]));
        List<Errors> all = new ArrayList<>();
        for (int seed = 0; seed < Integer.parseInt(args[3]); seed++) {
            all.add(errors.of(seed));
        }
        System.out.printf(
                Locale.ROOT,
                "| %s, rank %s | %s | %s | %s | %s | %s |%n",
                args[0],
                args[2],
                spread(all, Errors::exact, "%.4f"),
                spread(all, Errors::encoder, "%.4f"),
                spread(all, Errors::once, "%.4f"),
                spread(all, Errors::twice, "%.4f"),
                spread(all, Errors::seconds, "%.1f"));
        if (args.length > 4) {
            errors.printSpeed(args[0], Integer.parseInt(args[4]));
        }
    }

    private static String spread(List<Errors> all, ToDoubleFunction<Errors> of, String form) {
        double[] values = all.stream().mapToDouble(of).sorted().toArray();
        return String.format(
                Locale.ROOT,
                form + " (" + form + "–" + form + ")",
                values[values.length / 2],
                values[0],
                values[values.length - 1]);
    }

    private VariationalNmf.Builder builder(long seed) {
        return VariationalNmf.builder()
                .rank(rank)
                .seed(seed)
                .intervals(IntervalMethod.MEAN_FIELD)
                .backend(Backends.Choice.CPU);
    }

    private Errors of(long seed) {
        int[] order = IntStream.range(0, data.rows()).toArray();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = order.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        int held = data.rows() / 5;
        RowSource test = data.selectRows(Arrays.copyOf(order, held));
        RowSource train = data.selectRows(Arrays.copyOfRange(order, held, order.length));
        long start = System.nanoTime();
        builder(seed).build().fit(train);
        long fitted = System.nanoTime();
        VariationalModel model = builder(seed).encoder().build().fit(train);
        double seconds = 1e-9 * (System.nanoTime() - fitted - (fitted - start));
        double exact = model.score(test).relativeErrorMean();
        double[] ratios = new double[3];
        Arrays.setAll(ratios, sweeps -> model.withEncoder(sweeps).score(test).relativeErrorMean() / exact);
        return new Errors(exact, ratios[0], ratios[1], ratios[2], seconds);
    }

    /** In turns, in open sessions; medians. */
    private void printSpeed(String name, int rows) {
        VariationalModel model = builder(0).encoder().build().fit(data);
        RowSource many = data.selectRows(
                IntStream.range(0, rows).map(i -> i % data.rows()).toArray());
        String[] kinds = {"exact", "encoder", "encoder, 2 sweeps"};
        double[][] seconds = new double[kinds.length][ROUNDS];
        try (ProbabilisticSession exact = model.openSession();
                ProbabilisticSession encoder = model.withEncoder(0).openSession();
                ProbabilisticSession refined = model.withEncoder(2).openSession()) {
            ProbabilisticSession[] sessions = {exact, encoder, refined};
            for (int round = -1; round < ROUNDS; round++) {
                for (int kind = 0; kind < sessions.length; kind++) {
                    long start = System.nanoTime();
                    sessions[kind].transform(many);
                    if (round >= 0) {
                        seconds[kind][round] = 1e-9 * (System.nanoTime() - start);
                    }
                }
            }
        }
        for (int kind = 0; kind < kinds.length; kind++) {
            double[] sorted = Arrays.stream(seconds[kind]).sorted().toArray();
            System.out.printf(
                    Locale.ROOT,
                    "| %s, rank %d, %d rows, %s | %.0f rows/s (%.0f–%.0f) |%n",
                    name,
                    rank,
                    rows,
                    kinds[kind],
                    rows / sorted[ROUNDS / 2],
                    rows / sorted[ROUNDS - 1],
                    rows / sorted[0]);
        }
    }
}
