package io.github.paenmf.vb;

import io.github.paenmf.model.NoiseKind;

/**
 * Sums over entries from which the {@link VarianceFunction} is fitted: squared residuals regressed on 1, v̂ and v̂² by
 * non-negative least squares with weights 1/(v̂ + mean v̂)², the variance function of a quasi-likelihood (Wedderburn
 * 1974). Sums are additive: parts that are merged in the same order give the same bits.
 */
public final class VarianceFit {

    /**
     * A fitted variance function.
     *
     * @param function normalised so that its mean over all entries is σ²
     * @param kind of which of its three parts most of that mean is
     */
    public record Result(VarianceFunction function, NoiseKind kind) {}

    private static final int TERMS = 3;

    private final double unit;
    private final double[] normal = new double[TERMS * TERMS];
    private final double[] right = new double[TERMS];
    private double count;
    private double sum;
    private double squares;

    /**
     * No entries yet.
     *
     * @param mean mean of the fitted values over all entries; above 0
     * @throws IllegalArgumentException if it is not above 0 and finite
     */
    public VarianceFit(double mean) {
        Require.positive("the mean of the fitted values", mean);
        this.unit = mean;
    }

    /**
     * Adds entries.
     *
     * @param values data
     * @param fitted fitted values, of the same length; those below 0 count as 0
     * @throws IllegalArgumentException if the range is not within both arrays
     */
    public void add(float[] values, float[] fitted, int first, int entries) {
        if (first < 0 || entries < 0 || first + entries > Math.min(values.length, fitted.length)) {
            throw new IllegalArgumentException("entries " + first + " to " + (first + (long) entries) + " of "
                    + values.length + " values and " + fitted.length + " fitted values");
        }
        for (int i = first; i < first + entries; i++) {
            double residual = (double) values[i] - fitted[i];
            double v =
                    Math.max(0, fitted[i]) / unit; // in units of the mean, so that the equations are well conditioned
            double weight = 1 / ((v + 1) * (v + 1));
            double square = weight * residual * residual;
            double power = weight;
            for (int t = 0; t < 2 * TERMS - 1; t++) { // Hankel: the sums of weighted powers up to 4
                addPower(t, power);
                power *= v;
            }
            right[0] += square;
            right[1] += square * v;
            right[2] += square * v * v;
            count++;
            sum += v;
            squares += v * v;
        }
    }

    private void addPower(int degree, double value) {
        for (int i = Math.max(0, degree - TERMS + 1); i <= Math.min(degree, TERMS - 1); i++) {
            normal[i * TERMS + degree - i] += value;
        }
    }

    /**
     * Adds the sums of other entries.
     *
     * @throws IllegalArgumentException if they were made with another mean
     */
    public void merge(VarianceFit other) {
        if (other.unit != unit) {
            throw new IllegalArgumentException("sums with a mean of " + other.unit + " and of " + unit);
        }
        Dense.axpy(1, other.normal, 0, normal, 0, normal.length);
        Dense.axpy(1, other.right, 0, right, 0, right.length);
        count += other.count;
        sum += other.sum;
        squares += other.squares;
    }

    /**
     * The fitted function.
     *
     * @param noiseVariance σ², what the mean over all entries is to be
     * @throws IllegalStateException if there were no entries
     */
    public Result fit(double noiseVariance) {
        Require.positive("the noise variance", noiseVariance);
        if (count == 0) {
            throw new IllegalStateException("no entries were added");
        }
        double[] best = leastSquares();
        double[] parts = {best[0], best[1] * sum / count, best[2] * squares / count};
        double mean = parts[0] + parts[1] + parts[2];
        if (!(mean > 0)) { // no residual at all
            return new Result(VarianceFunction.constant(noiseVariance), NoiseKind.CONSTANT);
        }
        double scale = noiseVariance / mean;
        VarianceFunction function =
                new VarianceFunction(scale * best[0], scale * best[1] / unit, scale * best[2] / unit / unit);
        NoiseKind kind = parts[0] >= Math.max(parts[1], parts[2])
                ? NoiseKind.CONSTANT
                : parts[1] >= parts[2] ? NoiseKind.COUNTS : NoiseKind.PERCENTAGE;
        return new Result(function, kind);
    }

    /** With three unknowns all sets of those above 0 can be tried. */
    private double[] leastSquares() {
        double[] best = new double[TERMS];
        double least = 0;
        for (int set = 1; set < 1 << TERMS; set++) {
            double[] x = solve(set);
            if (x[0] >= 0 && x[1] >= 0 && x[2] >= 0) {
                double value = 0;
                for (int i = 0; i < TERMS; i++) {
                    value += x[i] * (Dense.dot(normal, i * TERMS, x, 0, TERMS) - 2 * right[i]);
                }
                if (value < least) {
                    least = value;
                    best = x;
                }
            }
        }
        return best;
    }

    /** The solution with the unknowns of a set; −1 in all if these have no unique one. */
    private double[] solve(int set) {
        double[] a = normal.clone();
        double[] x = right.clone();
        for (int p = 0; p < TERMS; p++) {
            if ((set >> p & 1) == 0) {
                continue;
            }
            double pivot = a[p * TERMS + p];
            if (!(pivot > 1e-12 * normal[p * TERMS + p])) {
                return new double[] {-1, -1, -1};
            }
            for (int i = 0; i < TERMS; i++) {
                if (i != p && (set >> i & 1) != 0) {
                    double factor = a[i * TERMS + p] / pivot;
                    Dense.axpy(-factor, a, p * TERMS, a, i * TERMS, TERMS);
                    x[i] -= factor * x[p];
                }
            }
        }
        for (int p = 0; p < TERMS; p++) {
            x[p] = (set >> p & 1) == 0 ? 0 : x[p] / a[p * TERMS + p];
        }
        return x;
    }
}
