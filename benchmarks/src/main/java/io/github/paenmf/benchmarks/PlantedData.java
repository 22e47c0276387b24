package io.github.paenmf.benchmarks;

import io.github.paenmf.data.Matrix;
import java.util.Locale;
import java.util.Random;

/**
 * Data of which the parts are known: V = H·Wᵀ divided by its root mean square, or times what gives counts of some mean,
 * and noise. Entries of H and W are 0 or
 * exponential with mean 1. Same seed and setting, same bits.
 *
 * @param coefficients H, n × r
 * @param basis W, m × r, as in V
 * @param newCoefficients H of rows that are not in the data, n/5 × r
 * @param data V, n × m
 * @param newData rows of the new coefficients with the same W
 */
record PlantedData(double[][] coefficients, double[][] basis, double[][] newCoefficients, Matrix data, Matrix newData) {

    private static final int NEW_ROWS = 5;
    private static final double OUTLIERS = 0.01;
    private static final double OUTLIER_TIMES = 10;
    /** Greatest over least σ of the features. */
    private static final double FEATURE_FACTOR = 20;

    private static final double COUNTS = 20;

    /** What is added to the product, or done to it. */
    enum Noise {
        /** Normal, of one σ. */
        GAUSSIAN("Gaussian"),
        /** Student's t with three degrees of freedom, of standard deviation σ. */
        STUDENT("Student t₃"),
        /** Normal, and ten times as large at one entry of a hundred. */
        OUTLIERS("1 % outliers × 10"),
        /** Normal with a σ for each feature, evenly spaced in its logarithm over a factor of 20; their mean square is σ². */
        FEATURES("σ per feature × 20"),
        /** Poisson counts of 20 times the product, divided by 20. */
        POISSON("Poisson counts / 20"),
        /** Poisson counts of the product, in their own unit. */
        COUNTS("Poisson counts"),
        /** The product times a log-normal factor of mean 1 and log-scale σ. */
        MULTIPLICATIVE("multiplicative");

        private final String title;

        Noise(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }
    }

    /**
     * What to plant.
     *
     * @param sigma of the noise, in units of the product's root mean square; with {@link Noise#COUNTS} the mean count
     * @param basisShare probability that an entry of W is not 0
     * @param coefficientShare probability that an entry of H is not 0
     */
    record Setting(
            int rows, int columns, int rank, double sigma, double basisShare, double coefficientShare, Noise noise) {

        @Override
        public String toString() {
            if (noise == Noise.COUNTS) {
                return String.format(Locale.ROOT, "%d × %d, rank %d, mean count %s", rows, columns, rank, sigma);
            }
            return String.format(
                    Locale.ROOT,
                    "%d × %d, rank %d, noise %s, nonzero W %s, H %s, %s",
                    rows,
                    columns,
                    rank,
                    sigma,
                    basisShare,
                    coefficientShare,
                    noise.title());
        }
    }

    static PlantedData of(Setting setting, long seed) {
        Random random = new Random(seed);
        double[][] basis = factor(random, setting.columns(), setting.rank(), setting.basisShare());
        double[][] coefficients = factor(random, setting.rows(), setting.rank(), setting.coefficientShare());
        double[][] added = factor(random, setting.rows() / NEW_ROWS, setting.rank(), setting.coefficientShare());
        double scale = setting.noise() == Noise.COUNTS
                ? setting.sigma() / mean(coefficients, basis)
                : 1 / rootMeanSquare(coefficients, basis);
        for (double[] row : basis) {
            for (int j = 0; j < row.length; j++) {
                row[j] *= scale;
            }
        }
        double[] sigmas = sigmas(random, setting);
        return new PlantedData(
                coefficients,
                basis,
                added,
                noisy(random, setting, coefficients, basis, sigmas),
                noisy(random, setting, added, basis, sigmas));
    }

    /**
     * The same with entries left out at random, which are NaN; each row and feature keeps at least one.
     *
     * @param share probability of an entry to be missing
     */
    PlantedData without(double share, long seed) {
        Random random = new Random(~seed);
        return new PlantedData(
                coefficients, basis, newCoefficients, without(data, share, random), without(newData, share, random));
    }

    private static Matrix without(Matrix complete, double share, Random random) {
        float[][] rows = complete.toRows();
        for (int i = 0; i < rows.length; i++) {
            for (int f = 0; f < rows[i].length; f++) {
                boolean kept = f % rows.length == i % rows[i].length;
                if (random.nextDouble() < share && !kept) {
                    rows[i][f] = Float.NaN;
                }
            }
        }
        return Matrix.of(rows);
    }

    /** For algorithms that refuse values below 0: they are 0. */
    static Matrix cutOff(Matrix data) {
        float[][] rows = data.toRows();
        for (float[] row : rows) {
            for (int f = 0; f < row.length; f++) {
                row[f] = Math.max(0, row[f]);
            }
        }
        return Matrix.of(rows);
    }

    private static double[][] factor(Random random, int rows, int rank, double share) {
        double[][] factor = new double[rows][rank];
        for (double[] row : factor) {
            for (int j = 0; j < rank; j++) {
                double value = exponential(random);
                row[j] = random.nextDouble() < share ? value : 0;
            }
        }
        return factor;
    }

    private static double exponential(Random random) {
        return -StrictMath.log1p(-random.nextDouble());
    }

    private static double rootMeanSquare(double[][] coefficients, double[][] basis) {
        double sum = 0;
        for (double[] h : coefficients) {
            for (double[] w : basis) {
                double value = dot(h, w);
                sum += value * value;
            }
        }
        return Math.sqrt(sum / ((double) coefficients.length * basis.length));
    }

    private static double mean(double[][] coefficients, double[][] basis) {
        double sum = 0;
        for (double[] h : coefficients) {
            for (double[] w : basis) {
                sum += dot(h, w);
            }
        }
        return sum / ((double) coefficients.length * basis.length);
    }

    private static double[] sigmas(Random random, Setting setting) {
        double[] sigmas = new double[setting.columns()];
        double square = 0;
        for (int f = 0; f < sigmas.length; f++) {
            double at = setting.noise() == Noise.FEATURES ? (double) f / (sigmas.length - 1) : 0;
            sigmas[f] = StrictMath.pow(FEATURE_FACTOR, at);
            square += sigmas[f] * sigmas[f];
        }
        double scale = setting.sigma() / Math.sqrt(square / sigmas.length);
        for (int f = 0; f < sigmas.length; f++) {
            sigmas[f] *= scale;
        }
        // Features of much noise stand anywhere.
        for (int f = sigmas.length - 1; f > 0; f--) {
            int other = random.nextInt(f + 1);
            double held = sigmas[f];
            sigmas[f] = sigmas[other];
            sigmas[other] = held;
        }
        return sigmas;
    }

    private static Matrix noisy(
            Random random, Setting setting, double[][] coefficients, double[][] basis, double[] sigmas) {
        float[][] values = new float[coefficients.length][basis.length];
        for (int i = 0; i < values.length; i++) {
            for (int f = 0; f < basis.length; f++) {
                values[i][f] = (float) observed(random, setting.noise(), dot(coefficients[i], basis[f]), sigmas[f]);
            }
        }
        return Matrix.of(values);
    }

    private static double observed(Random random, Noise noise, double value, double sigma) {
        return switch (noise) {
            case GAUSSIAN, FEATURES -> value + sigma * random.nextGaussian();
            case STUDENT -> value + sigma * student(random);
            case OUTLIERS -> {
                double times = random.nextDouble() < OUTLIERS ? OUTLIER_TIMES : 1;
                yield value + times * sigma * random.nextGaussian();
            }
            case POISSON -> poisson(random, COUNTS * value) / COUNTS;
            case COUNTS -> poisson(random, value);
            case MULTIPLICATIVE -> value * StrictMath.exp(sigma * random.nextGaussian() - sigma * sigma / 2);
        };
    }

    /** Student's t with three degrees of freedom over √3, its standard deviation. */
    private static double student(Random random) {
        double square = 0;
        for (int i = 0; i < 3; i++) {
            double normal = random.nextGaussian();
            square += normal * normal;
        }
        return random.nextGaussian() / Math.sqrt(square);
    }

    /** How many events of rate 1 come before a time. */
    private static double poisson(Random random, double mean) {
        int events = 0;
        for (double time = exponential(random); time < mean; time += exponential(random)) {
            events++;
        }
        return events;
    }

    private static double dot(double[] x, double[] y) {
        double sum = 0;
        for (int j = 0; j < x.length; j++) {
            sum += x[j] * y[j];
        }
        return sum;
    }
}
