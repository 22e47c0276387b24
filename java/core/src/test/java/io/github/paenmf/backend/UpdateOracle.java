package io.github.paenmf.backend;

import static io.github.paenmf.testing.ErrorReport.U;
import static io.github.paenmf.testing.ErrorReport.reduction;

import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;

/**
 * The update of one fit in double, from a backend's own sums and parameters, so that only the
 * update's roundings are left, or from those of {@link StepOracle} with their bounds. Keeps Adam's
 * moments with bounds of their errors.
 */
public final class UpdateOracle {

    private final PaeProblem problem;
    private final PaeConfiguration c;
    private final int m;
    private final int r;
    private final Moment[] weightMoments;
    private final Moment[] biasMoments;
    private int steps;

    /** New parameters, and bounds of the errors of float32 ones. */
    public final double[] weights;

    public final double[] weightBounds;
    public final double[] biases;
    public final double[] biasBounds;

    public UpdateOracle(PaeProblem problem) {
        this.problem = problem;
        c = problem.configuration();
        m = problem.features();
        r = problem.rank();
        weights = new double[m * 3 * r];
        weightBounds = new double[m * 3 * r];
        biases = new double[2 * r];
        biasBounds = new double[2 * r];
        weightMoments = moments(weights.length);
        biasMoments = moments(biases.length);
    }

    private static Moment[] moments(int count) {
        Moment[] moments = new Moment[count];
        for (int i = 0; i < count; i++) {
            moments[i] = new Moment();
        }
        return moments;
    }

    /** Adam's state of one parameter. */
    private static final class Moment {
        private double mean;
        private double meanError;
        private double square;
        private double squareError;

        void add(double gradient, double error) {
            // each moment is moved a part of the way: a difference, a product and a sum
            meanError = 0.9 * meanError + 0.1 * error + U * (Math.abs(mean) + Math.abs(gradient));
            mean = 0.9 * mean + 0.1 * gradient;
            squareError = 0.999 * squareError
                    + 0.001 * (2 * Math.abs(gradient) + error) * error
                    + U * (square + 0.01 * gradient * gradient)
                    + Float.MIN_VALUE;
            square = 0.999 * square + 0.001 * gradient * gradient;
        }

        double step(int steps, double rate) {
            return step(steps, rate, mean, square);
        }

        private static double step(int steps, double rate, double mean, double square) {
            double unbiasedMean = mean / (1 - Math.pow(0.9, steps));
            double unbiasedSquare = square / (1 - Math.pow(0.999, steps));
            return rate * unbiasedMean / (Math.sqrt(unbiasedSquare) + 1e-8);
        }

        double bound(int steps, double rate) {
            double exact = step(steps, rate);
            double farthest = 0;
            for (int corner = 0; corner < 4; corner++) {
                double moved = step(
                        steps,
                        rate,
                        mean + ((corner & 1) == 0 ? meanError : -meanError),
                        Math.max(0, square + ((corner & 2) == 0 ? squareError : -squareError)));
                farthest = Math.max(farthest, Math.abs(moved - exact));
            }
            if (steps == 1) {
                farthest = Math.min(farthest, 2 * rate); // mean and root mean square are the same number
            }
            return farthest + 8 * U * (Math.abs(exact) + farthest);
        }
    }

    /** From the sums of a backend, taken as exact. */
    void run(Sums sums, PaeParameters before) {
        run(
                StepOracle.doubles(sums.q()),
                StepOracle.doubles(sums.k()),
                PaeSums.biasGradients(sums),
                sums.rows(),
                null,
                before);
    }

    /** From exact sums; the bounds then hold for a step as a whole. Not for the multiplicative update. */
    public void run(StepOracle.Result step, PaeParameters before) {
        run(step.q, step.k, step.biasGradients, step.rows, step, before);
    }

    /**
     * @param bounds of the errors of the sums, or null where they are taken as exact
     */
    private void run(
            double[] q, double[] k, double[] biasGradients, long rows, StepOracle.Result bounds, PaeParameters before) {
        steps++;
        int stride = 3 * r;
        double n = rows;
        double toHead = 1 / (problem.dataScale() * Math.sqrt(m) * n);
        double variance = c.sigma() * c.sigma();
        boolean adam = c.optimiser() == Optimiser.ADAM;
        StepRates rates = problem.rates();
        for (int j = 0; j < 2 * r; j++) {
            double bias = biasGradients[j] / n;
            double biasError = bounds == null ? 0 : bounds.biasBounds[j] / n;
            double norm = bias * bias * rates.bias() * rates.bias();
            double normError = biasError * biasError * rates.bias() * rates.bias();
            for (int f = 0; f < m; f++) {
                double toStep = toHead * rates.encoder();
                norm += Math.pow(q[stride * f + j] * toStep, 2);
                normError += bounds == null ? 0 : Math.pow(bounds.qBounds[stride * f + j] * toStep, 2);
            }
            norm = Math.sqrt(norm);
            normError = Math.sqrt(normError); // by the triangle inequality
            double scale = Math.min(1, c.stepClip() / norm);
            double scaleError = Math.min(1, c.stepClip() / Math.max(0, norm - normError))
                    - Math.min(1, c.stepClip() / (norm + normError));
            for (int f = 0; f < m; f++) {
                int i = stride * f + j;
                double gradient = q[i] * toHead;
                double error = 3 * U * Math.abs(gradient) + (bounds == null ? 0 : bounds.qBounds[i] * toHead);
                move(
                        weights,
                        weightBounds,
                        weightMoments,
                        i,
                        before.weights()[i],
                        rates.encoder(),
                        scale,
                        scaleError,
                        gradient,
                        error,
                        adam);
            }
            move(
                    biases,
                    biasBounds,
                    biasMoments,
                    j,
                    before.biases()[j],
                    rates.bias(),
                    scale,
                    scaleError,
                    bias,
                    biasError,
                    adam);
        }
        for (int f = 0; f < m; f++) {
            for (int j = 0; j < r; j++) {
                int i = stride * f + 2 * r + j;
                double w = before.weights()[i];
                double wk = 0;
                for (int l = 0; l < r; l++) {
                    wk += (double) before.weights()[stride * f + 2 * r + l] * k[l * r + j];
                }
                double vh = q[i] / problem.dataScale();
                if (c.decoderUpdate() == DecoderUpdate.MULTIPLICATIVE) {
                    weights[i] = w * vh / Math.max(wk, 1e-20);
                    weightBounds[i] = weights[i] * U * (reduction(r) + 5); // every term is ≥ 0
                    continue;
                }
                double gradient = (wk - vh) / (variance * n);
                double error =
                        U * ((reduction(r) * wk + 2 * vh + Math.abs(wk - vh)) / (variance * n) + 2 * Math.abs(gradient))
                                + (bounds == null ? 0 : bounds.decoderBounds[f * r + j]);
                move(weights, weightBounds, weightMoments, i, w, rates.decoder()[f], 1, 0, gradient, error, adam);
                weights[i] = Math.max(0, weights[i]); // brings no two numbers further apart
            }
        }
    }

    private void move(
            double[] target,
            double[] bounds,
            Moment[] moments,
            int i,
            double before,
            double rate,
            double clip,
            double clipError,
            double gradient,
            double error,
            boolean adam) {
        double step;
        if (adam) {
            moments[i].add(gradient, error);
            step = moments[i].step(steps, rate);
            bounds[i] = moments[i].bound(steps, rate);
        } else {
            step = rate * clip * gradient;
            // the clip is a float made in double from float gradients
            bounds[i] = rate * (clip * error + clipError * (Math.abs(gradient) + error)) + 8 * U * Math.abs(step);
        }
        target[i] = before - step;
        bounds[i] += U * (Math.abs(target[i]) + bounds[i]);
    }
}
