package io.github.paenmf.benchmarks;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.model.IntervalMethod;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Whether the parts that two halves of the samples give agree within their intervals: one JSON object per line for each split.
 * Variational NMF of either half starts from the parts of all samples, the best of several seeds, so that components are the same. Each component is as
 * long as its mean coefficient in the half tells. Two weights agree if they differ by no more than √(a² + b²), where a and b
 * are how far their 90 % intervals reach; counted are weights that are more probably than not above 0 in the fit of all
 * samples. Were the intervals those of independent normal errors, 90 % would agree.
 */
public final class Halves {

    private static final double LEVEL = 0.9;
    private static final int EPOCHS = 200;
    /** Of the fit of all samples, whose best start is that of the halves. */
    private static final int RESTARTS = 20;

    private static final int EPOCHS_OF_HALF = 300;

    private final Matrix data;
    private final int rank;
    private final int replicates;

    private Halves(Matrix data, int rank, int replicates) {
        this.data = data;
        this.rank = rank;
        this.replicates = replicates;
    }

    /** Fits and prints: {@code FILE RANK SPLITS REPLICATES}. */
    public static void main(String[] args) throws IOException {
        Halves halves = new Halves(MatrixReader.read(args[0]), Integer.parseInt(args[1]), Integer.parseInt(args[3]));
        VariationalModel whole = halves.estimator(EPOCHS)
                .restarts(RESTARTS)
                .intervals(IntervalMethod.MEAN_FIELD)
                .build()
                .fit(halves.data);
        for (int split = 0; split < Integer.parseInt(args[2]); split++) {
            System.out.println(JSON.std.asString(halves.measure(whole, split)));
        }
    }

    private VariationalNmf.Builder estimator(int epochs) {
        return VariationalNmf.builder().rank(rank).epochs(epochs).backend(Backends.Choice.CPU);
    }

    private Map<String, Object> measure(VariationalModel whole, int split) {
        List<Integer> order = IntStream.range(0, data.rows()).boxed().collect(Collectors.toList());
        Collections.shuffle(order, new Random(split));
        int half = order.size() / 2;
        Half first = half(whole, order.subList(0, half));
        Half second = half(whole, order.subList(half, order.size()));
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("rows", data.rows());
        figures.put("columns", data.columns());
        figures.put("rank", rank);
        figures.put("split", split);
        figures.put("replicates", replicates);
        figures.put("method", first.method());
        figures.put(
                "posterior", agreeing(whole, first.weights(), second.weights(), first.posterior(), second.posterior()));
        figures.put(
                "bootstrap", agreeing(whole, first.weights(), second.weights(), first.bootstrap(), second.bootstrap()));
        return figures;
    }

    /** The weights of a half, and how far the intervals of both kinds reach; m × r. */
    private record Half(Matrix weights, Matrix posterior, Matrix bootstrap, IntervalMethod method) {}

    private Half half(VariationalModel whole, List<Integer> rows) {
        Matrix samples = data.selectRows(rows.stream().mapToInt(i -> i).toArray());
        VariationalModel model = estimator(EPOCHS_OF_HALF)
                .initialBasis(whole.basis())
                .bootstrap(replicates)
                .build()
                .fit(samples);
        double[] amounts = means(model.transform(samples).mean());
        Matrix basis = model.basis();
        VariationalModel.Bounds posterior = model.basisIntervals(LEVEL);
        VariationalModel.Bounds bootstrap = model.bootstrapIntervals(LEVEL).orElseThrow();
        return new Half(
                times(basis, amounts, (f, j) -> basis.get(f, j)),
                times(
                        basis,
                        amounts,
                        (f, j) ->
                                (posterior.upper().get(f, j) - posterior.lower().get(f, j)) / 2),
                times(basis, amounts, (f, j) -> bootstrap.upper().get(f, j) - basis.get(f, j)),
                model.intervalMethod());
    }

    private interface Entry {
        float of(int feature, int component);
    }

    private static Matrix times(Matrix shape, double[] amounts, Entry entry) {
        float[][] values = new float[shape.rows()][shape.columns()];
        for (int f = 0; f < values.length; f++) {
            for (int j = 0; j < amounts.length; j++) {
                values[f][j] = (float) (entry.of(f, j) * amounts[j]);
            }
        }
        return Matrix.of(values);
    }

    private static double[] means(Matrix coefficients) {
        double[] means = new double[coefficients.columns()];
        for (int i = 0; i < coefficients.rows(); i++) {
            int row = i;
            Arrays.setAll(means, j -> means[j] + coefficients.get(row, j) / (double) coefficients.rows());
        }
        return means;
    }

    private double agreeing(VariationalModel whole, Matrix first, Matrix second, Matrix reach, Matrix otherReach) {
        Matrix inclusion = whole.basisInclusion();
        long counted = 0;
        long agree = 0;
        for (int f = 0; f < first.rows(); f++) {
            for (int j = 0; j < rank; j++) {
                if (inclusion.get(f, j) > 0.5f) {
                    counted++;
                    double difference = Math.abs(first.get(f, j) - second.get(f, j));
                    agree += difference <= Math.hypot(reach.get(f, j), otherReach.get(f, j)) ? 1 : 0;
                }
            }
        }
        return Math.rint(1e4 * agree / counted) / 1e4;
    }
}
