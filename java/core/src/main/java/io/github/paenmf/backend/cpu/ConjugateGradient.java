package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.VbRowPosterior;
import java.util.Arrays;

/**
 * Moves the means of the coefficients of rows along what sweeps take long for: directions in which components make up for each
 * other. Where β of a coefficient is large its mean is nearly linear in it, so that of these, with the others held, the best means
 * are nearly those of a linear system with the Gram matrix, which a few steps of conjugate gradients (Hestenes and Stiefel 1952)
 * solve nearly enough. They take products of matrices alone; a sweep has to follow. Thread-safe.
 */
final class ConjugateGradient {

    private static final int STEPS = 8;
    /** β from which a coefficient takes part: from there on the slope of its mean in β is within 3 % of 1. */
    private static final float LINEAR = 3f;

    private final VbRowPosterior posterior;
    private final BetaPosteriors posteriors;
    private final Gemm gemm;
    private final int r;

    ConjugateGradient(VbRowPosterior posterior, BetaPosteriors posteriors, int rank, Gemm gemm) {
        this.posterior = posterior;
        this.posteriors = posteriors;
        this.r = rank;
        this.gemm = gemm;
    }

    /** Of some rows, everything r × stride. */
    private final class Rows {
        final int stride;
        final int count;
        /** G·p; of β before. */
        final float[] product;
        /** 1 for coefficients that take part, else 0. */
        final float[] free;

        final float[] residual;
        final float[] direction;
        /** Of each row, |residual|², and the length of a step. */
        final float[] squares;

        final float[] step;

        Rows(int stride, int count) {
            this.stride = stride;
            this.count = count;
            product = new float[r * stride];
            free = new float[r * stride];
            residual = new float[r * stride];
            direction = new float[r * stride];
            squares = new float[stride];
            step = new float[stride];
        }

        /** By how far each mean is from what is best for the others, times G_jj: about the gradient. */
        void start(float[] c, float[] x) {
            multiply(x);
            for (int j = 0; j < r; j++) {
                float own = posterior.gram()[j * r + j];
                float inverseRoot = 1 / posterior.root(j);
                for (int e = j * stride; e < j * stride + count; e++) {
                    float b = c[e] - product[e] + own * x[e];
                    product[e] = (b * posterior.precision() - posterior.rate()) * inverseRoot;
                }
            }
            posteriors.means(product, stride, count, residual);
            for (int j = 0; j < r; j++) {
                float own = posterior.gram()[j * r + j];
                for (int e = j * stride; e < j * stride + count; e++) {
                    free[e] = product[e] > LINEAR ? 1 : 0;
                    residual[e] = free[e] * own * (residual[e] - x[e]);
                    direction[e] = residual[e];
                }
            }
            dot(residual, residual, squares);
        }

        /** product = G·{@code values}. */
        private void multiply(float[] values) {
            gemm.multiply(
                    false, false, r, stride, r, posterior.gram(), 0, r, values, 0, stride, false, product, 0, stride);
        }

        private void dot(float[] a, float[] b, float[] sums) {
            Arrays.fill(sums, 0f);
            for (int j = 0; j < r; j++) {
                for (int i = 0; i < count; i++) {
                    sums[i] += a[j * stride + i] * b[j * stride + i];
                }
            }
        }

        void step(float[] x) {
            multiply(direction);
            for (int e = 0; e < product.length; e++) {
                product[e] *= free[e];
            }
            dot(direction, product, step);
            for (int i = 0; i < count; i++) {
                step[i] = step[i] > 0 ? squares[i] / step[i] : 0;
            }
            for (int j = 0; j < r; j++) {
                for (int i = 0; i < count; i++) {
                    int e = j * stride + i;
                    x[e] += step[i] * direction[e];
                    residual[e] -= step[i] * product[e];
                }
            }
            System.arraycopy(squares, 0, step, 0, count);
            dot(residual, residual, squares);
            for (int i = 0; i < count; i++) {
                step[i] = step[i] > 0 ? squares[i] / step[i] : 0;
            }
            for (int j = 0; j < r; j++) {
                for (int i = 0; i < count; i++) {
                    int e = j * stride + i;
                    direction[e] = residual[e] + step[i] * direction[e];
                }
            }
        }
    }

    /**
     * Steps from some means.
     *
     * @param c V·W in units of the scaled data, r × stride
     * @param x means, r × stride, for components as long as prior means of H of 1 ask for; better ones afterwards, at least 0
     */
    void run(float[] c, float[] x, int stride, int count) {
        Rows rows = new Rows(stride, count);
        rows.start(c, x);
        for (int step = 0; step < STEPS; step++) {
            rows.step(x);
        }
        for (int j = 0; j < r; j++) {
            for (int e = j * stride; e < j * stride + count; e++) {
                x[e] = Math.max(0f, x[e]);
            }
        }
    }
}
