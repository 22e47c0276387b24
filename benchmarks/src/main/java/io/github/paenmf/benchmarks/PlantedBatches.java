package io.github.paenmf.benchmarks;

import io.github.paenmf.CovariateEffects;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.benchmarks.PlantedData.Noise;
import io.github.paenmf.benchmarks.PlantedData.Setting;
import io.github.paenmf.data.Covariates;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.ComponentMatching;
import io.github.paenmf.model.IntervalMethod;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * What a covariate brings where it is known what it does: rows are of two batches in turn, and the first component is three
 * times as large in the second; or of ten donors, each of which has every component by a factor of its own. A line of a table
 * for each setting: cosines of the columns of W with those that were planted, and the evidence of rows that were not trained
 * on, by fits without and with the covariate; and the factor between the first two batches in the first component, found
 * over planted.
 */
public final class PlantedBatches {

    private static final int FEATURES = 60;
    private static final int RANK = 4;
    private static final double FACTOR = 3;
    /** Of the logarithm of a donor's factors, which are log-normal. */
    private static final double DEVIATION = 1.5;

    private static final double LEVEL = 0.9;

    private PlantedBatches() {}

    /** {@code SEEDS ROWS,... NOISE,...}, a noise as a share of the data's root mean square. */
    public static void main(String[] args) {
        int seeds = Integer.parseInt(args[0]);
        for (String rows : args[1].split(",", -1)) {
            for (String noise : args[2].split(",", -1)) {
                for (double share : new double[] {1, 0.4}) {
                    int n = Integer.parseInt(rows);
                    double sigma = Double.parseDouble(noise);
                    for (int batches : new int[] {2, 10}) {
                        measure(new Setting(n, FEATURES, RANK, sigma, share, share, Noise.GAUSSIAN), batches, seeds);
                    }
                }
            }
        }
    }

    /** Sums over seeds of a fit. */
    private static final class Totals {
        double first;
        double all;
        double elbo;
    }

    /** ln of what multiplies each component in each batch. */
    private static double[][] logFactors(int batches, long seed) {
        double[][] factors = new double[batches][RANK];
        if (batches == 2) {
            factors[1][0] = Math.log(FACTOR);
            return factors;
        }
        Random random = new Random(~seed);
        for (double[] ofBatch : factors) {
            Arrays.setAll(ofBatch, j -> DEVIATION * random.nextGaussian());
        }
        return factors;
    }

    private static void measure(Setting setting, int batches, int seeds) {
        Totals without = new Totals();
        Totals with = new Totals();
        double effect = 0;
        int held = 0;
        for (int seed = 0; seed < seeds; seed++) {
            PlantedData planted = PlantedData.of(setting, seed);
            double[][] factors = logFactors(batches, seed);
            Matrix rows = inBatches(planted.data(), planted.coefficients(), planted.basis(), factors);
            Matrix others = inBatches(planted.newData(), planted.newCoefficients(), planted.basis(), factors);
            fit(rows, others, planted.basis(), seed, without);
            VariationalModel model = fit(attach(rows, batches), attach(others, batches), planted.basis(), seed, with);
            int[] components = matching(planted.basis(), model).components();
            CovariateEffects effects = model.covariateEffects(LEVEL).orElseThrow();
            for (int j = 0; j < RANK; j++) {
                for (int b = 0; b < batches; b++) {
                    int row = effects.factor().rowNames().indexOf("batch: " + b);
                    int component = j;
                    double truth = Math.exp(factors[b][j]
                            - Arrays.stream(factors)
                                    .mapToDouble(ofBatch -> ofBatch[component])
                                    .average()
                                    .orElseThrow());
                    boolean holds = effects.lower().get(row, components[j]) <= truth
                            && truth <= effects.upper().get(row, components[j]);
                    held += holds ? 1 : 0;
                }
            }
            int first = effects.factor().rowNames().indexOf("batch: 0");
            int second = effects.factor().rowNames().indexOf("batch: 1");
            double found = Math.log(effects.factor().get(second, components[0])
                    / effects.factor().get(first, components[0]));
            effect += (found - factors[1][0] + factors[0][0]) / seeds;
        }
        System.out.printf(
                Locale.ROOT,
                "| %d | %d | %.1f | %.0f %% | %.3f | %.3f | %.3f | %.3f | %+.2f | %.2f | %d of %d |%n",
                batches,
                setting.rows(),
                setting.sigma(),
                100 * setting.basisShare(),
                without.first / seeds,
                with.first / seeds,
                without.all / seeds,
                with.all / seeds,
                (with.elbo - without.elbo) / seeds,
                Math.exp(effect),
                held,
                RANK * batches * seeds);
    }

    /** Adds to each row what the components of its batch have more. */
    private static Matrix inBatches(Matrix data, double[][] coefficients, double[][] basis, double[][] factors) {
        Matrix result = data.copy();
        for (int i = 0; i < data.rows(); i++) {
            double[] ofBatch = factors[i % factors.length];
            for (int f = 0; f < data.columns(); f++) {
                for (int j = 0; j < RANK; j++) {
                    double more = Math.expm1(ofBatch[j]) * coefficients[i][j] * basis[f][j];
                    result.storage(i)[result.offset(i) + f] += (float) more;
                }
            }
        }
        return result;
    }

    private static RowSource attach(Matrix data, int batches) {
        return Covariates.attach(
                data,
                Covariates.builder()
                        .texts(
                                "batch",
                                IntStream.range(0, data.rows())
                                        .mapToObj(i -> String.valueOf(i % batches))
                                        .toList())
                        .build());
    }

    private static VariationalModel fit(RowSource rows, RowSource others, double[][] basis, int seed, Totals totals) {
        VariationalModel model = VariationalNmf.builder()
                .rank(RANK)
                .seed(seed)
                .intervals(IntervalMethod.MEAN_FIELD)
                .build()
                .fit(rows);
        double[] cosines = matching(basis, model).cosines();
        totals.first += cosines[0];
        for (double cosine : cosines) {
            totals.all += cosine / RANK;
        }
        totals.elbo += model.score(others).elbo() * FEATURES;
        return model;
    }

    private static ComponentMatching matching(double[][] truth, VariationalModel model) {
        float[][] planted = new float[truth.length][RANK];
        for (int f = 0; f < truth.length; f++) {
            for (int j = 0; j < RANK; j++) {
                planted[f][j] = (float) truth[f][j];
            }
        }
        return ComponentMatching.of(Matrix.of(planted), model.basis());
    }
}
