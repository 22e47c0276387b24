package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.VbRowPosterior;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.math.PoissonPosterior;
import java.util.Arrays;

/**
 * Coordinate descent over the coefficients of one row of counts, as fastTopics has it for numbers (Carbonetto, Sarkar, Wang
 * and Stephens 2021, arXiv 2105.13440): one coefficient after the other goes to where its derivative would be 0 by Newton's
 * method, and v̂ = Σⱼ gⱼ wⱼ of the row's nonzeros goes with it.
 *
 * <p>What falls is L(g) = Σⱼ ψⱼ(gⱼ) − Σ v ln v̂, convex in g. For numbers ψⱼ = cⱼgⱼ, cⱼ the sum of the column of W. For
 * posteriors gⱼ is the geometric mean of one to which a counts are allocated, g = (a + 1)R(a)/c with c the exposure and
 * the prior's 1 together, and ψ' = a/g; L is −ELBO except for a constant. Where the derivative of L is 0, a = g Σ v w/v̂, as
 * after sweeps over all coefficients at once.
 *
 * <p>The derivative by one coefficient is increasing and concave, so that Newton's step ends below the root, from wherever
 * it starts. From below that is an improvement; from above it is one if the derivative there is no more below 0 than it was
 * above 0 before, since it lies above its chord. Otherwise the coefficient goes to (a + 1)R(a)/c of its own a, which
 * lowers L always.
 */
final class CountDescent {

    /** Over a row; few need more than 100. */
    private static final int MOST_SWEEPS = 2000;

    /** Newton's step may take so small a share of the allocated counts at the least. */
    private static final double LEAST_SHARE = 1e-3;

    private final int r;
    private final int ld;
    private final float[] w;
    private final double[] rate;
    private final boolean posterior;

    private final int[] columns;
    private final float[] v;
    /** Wᵀ at the columns of the row's nonzeros, r × count. */
    private float[] weights = {};

    private final double[] decoded;
    /** 1/v̂. */
    private final double[] inverse;
    /** a and g; of numbers a is c·g. */
    private final double[] allocated;

    private final double[] g;
    private final double[] before;
    private int count;
    private int sweeps;

    /**
     * @param m features
     * @param w what v̂ is made with, m × ld
     * @param rate of each component, what a (and 1, with posteriors) is divided by to give the mean; shared, and read anew
     *     for each row
     * @param posterior whether coefficients have posteriors, or are numbers
     */
    CountDescent(int m, int ld, float[] w, double[] rate, boolean posterior) {
        this.r = rate.length;
        this.ld = ld;
        this.w = w;
        this.rate = rate;
        this.posterior = posterior;
        this.columns = new int[m];
        this.v = new float[m];
        this.decoded = new double[m];
        this.inverse = new double[m];
        this.allocated = new double[r];
        this.g = new double[r];
        this.before = new double[r];
    }

    /** The mean of a coefficient. */
    double mean(int j) {
        return rate[j] > 0 ? (allocated[j] + (posterior ? 1 : 0)) / rate[j] : 0;
    }

    /** The counts that are allocated to a coefficient. */
    double allocated(int j) {
        return allocated[j];
    }

    /** Sweeps over the last row. */
    int sweeps() {
        return sweeps;
    }

    /** Starts from equal coefficients, and goes on until a sweep changes no mean by more than a small share of the greatest. */
    void converge(RowSource data, int row) {
        start(data, row);
        double change = Double.POSITIVE_INFINITY;
        double greatest = 0;
        for (sweeps = 0; sweeps < MOST_SWEEPS && change > VbRowPosterior.CONVERGED * greatest; sweeps++) {
            sweep();
            greatest = 0;
            change = 0;
            for (int j = 0; j < r; j++) {
                double mean = mean(j);
                greatest = Math.max(greatest, mean);
                change = Math.max(change, Math.abs(mean - before[j]));
            }
        }
    }

    /** Takes a row, and allocates its counts as if all coefficients were equal. */
    void start(RowSource data, int row) {
        count = data.copyNonzeros(row, 0, columns.length, columns, v);
        if (weights.length < (long) r * count) {
            weights = new float[Math.multiplyExact(r, count)];
        }
        Arrays.fill(decoded, 0, count, 0.0);
        for (int j = 0; j < r; j++) {
            for (int l = 0; l < count; l++) {
                float weight = w[columns[l] * ld + j];
                weights[j * count + l] = weight;
                decoded[l] += weight;
            }
        }
        invert();
        Arrays.fill(g, 1.0);
        for (int j = 0; j < r; j++) {
            allocated[j] = rate[j] > 0 ? products(j) : 0;
            g[j] = geometric(j, allocated[j]);
        }
        decode();
    }

    private void decode() {
        Arrays.fill(decoded, 0, count, 0.0);
        for (int j = 0; j < r; j++) {
            for (int l = 0; l < count; l++) {
                decoded[l] += g[j] * weights[j * count + l];
            }
        }
        invert();
    }

    private void invert() {
        for (int l = 0; l < count; l++) {
            inverse[l] = 1 / Math.max(PoissonStage.LEAST, decoded[l]);
        }
    }

    /** Every coefficient once, from v̂ that is free of what rounding has added up. */
    void sweep() {
        decode();
        for (int j = 0; j < r; j++) {
            before[j] = mean(j);
            if (rate[j] > 0) {
                descend(j);
            }
        }
    }

    private void descend(int j) {
        double product = 0;
        double curvature = 0;
        int at = j * count;
        for (int l = 0; l < count; l++) {
            double share = weights[at + l] * inverse[l];
            product += v[l] * share;
            curvature += v[l] * share * share;
        }
        double old = g[j];
        double oldAllocated = allocated[j];
        double derivative = slope(j, oldAllocated) - product;
        if (curvature == 0) { // there is nothing that could be allocated
            move(j, 0);
            return;
        }
        move(j, posterior ? newton(j, derivative, curvature) : rate[j] * Math.max(0, old - derivative / curvature));
        if (derivative > 0 && products(j) - slope(j, allocated[j]) > derivative) {
            move(j, old * product);
        }
        if (!(allocated[j] >= 0)) { // beyond the numbers
            move(j, oldAllocated);
        }
    }

    /** a at Newton's g. */
    private double newton(int j, double derivative, double curvature) {
        double a = allocated[j];
        float t = PoissonPosterior.argument((float) a);
        double c = rate[j];
        double s = (a + 1) * PoissonPosterior.ratio(t);
        double growth = PoissonPosterior.ratio(t) + (a + 1) * PoissonPosterior.ratioSlope(t);
        double bend = c * c * (s - a * growth) / (s * s * growth);
        double target = Math.max(0, s - c * derivative / (bend + curvature));
        // s is nearly linear in a, so that three steps of Newton's method invert it
        double found = a;
        for (int step = 0; step < 3; step++) {
            float at = PoissonPosterior.argument((float) found);
            double value = (found + 1) * PoissonPosterior.ratio(at);
            double slope = PoissonPosterior.ratio(at) + (found + 1) * PoissonPosterior.ratioSlope(at);
            found = Math.max(LEAST_SHARE * a, found - (value - target) / slope);
        }
        return found;
    }

    /** Gives a coefficient other counts, and v̂ what follows. */
    private void move(int j, double a) {
        double now = geometric(j, a);
        double step = now - g[j];
        allocated[j] = a;
        g[j] = now;
        if (step == 0) {
            return;
        }
        int at = j * count;
        for (int l = 0; l < count; l++) {
            decoded[l] += step * weights[at + l];
        }
        invert();
    }

    /** Σ v w/v̂. */
    private double products(int j) {
        double sum = 0;
        int at = j * count;
        for (int l = 0; l < count; l++) {
            sum += v[l] * (weights[at + l] * inverse[l]);
        }
        return sum;
    }

    private double geometric(int j, double a) {
        if (rate[j] <= 0) {
            return 0;
        }
        return posterior
                ? (a + 1) / rate[j] * PoissonPosterior.ratio(PoissonPosterior.argument((float) a))
                : a / rate[j];
    }

    /** ψ'. */
    private double slope(int j, double a) {
        return posterior ? a / geometric(j, a) : rate[j];
    }
}
