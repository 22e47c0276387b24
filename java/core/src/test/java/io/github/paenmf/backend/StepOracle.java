package io.github.paenmf.backend;

import static io.github.paenmf.testing.ErrorReport.U;
import static io.github.paenmf.testing.ErrorReport.reduction;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import io.github.paenmf.testing.ErrorReport;
import java.util.Arrays;

/**
 * One training step in double and in residual form: reconstruct, subtract, go back. It shares the
 * noise with the backends and nothing else. Beside each value it keeps a first-order bound of the
 * error of the same value in Gram form and float32, from the lengths and magnitudes of the sums. Data that are NaN are
 * missing: they have no error, and the encoder reads the mean of the feature there.
 */
public final class StepOracle {

    private final PaeProblem problem;
    private final HeadOracle heads;
    /** Relative error of each term of the two large products by the precision of their factors. */
    private final double factors;

    private final int m;
    private final int r;
    /** [Wλ | Wk | Wf] and [bλ | bk]; may be changed between steps. */
    final double[] weights;

    final double[] biases;
    private final float[] inputMeans;

    public StepOracle(PaeProblem problem, PaeParameters parameters, Precision precision) {
        this.problem = problem;
        factors = ErrorReport.factors(precision);
        heads = new HeadOracle(problem.configuration());
        m = problem.features();
        r = problem.rank();
        weights = doubles(parameters.weights());
        biases = doubles(parameters.biases());
        inputMeans = parameters.inputMeans();
    }

    static double[] doubles(float[] values) {
        double[] doubles = new double[values.length];
        Arrays.setAll(doubles, i -> values[i]);
        return doubles;
    }

    /** What a step sums over rows, with bounds, and the gradients of the mean objective. */
    public static final class Result {
        final double[] q;
        final double[] qBounds;
        final double[] k;
        final double[] kBounds;
        final double[] biasGradients;
        final double[] biasBounds;
        public double kl;
        public double klBound;
        double hc;
        double hcBound;
        double squaredNorm;
        /** ‖V − H·Wfᵀ‖² by its residual. */
        public double squaredError;

        /** Of what the Gram form makes of it. */
        public double squaredErrorBound;
        /** Of what the residual in float32 makes of it. */
        double residualBound;

        /** Gradient of the mean objective by Wf, m × r, by the residual. */
        final double[] decoderGradient;

        final double[] decoderBounds;
        int rows;

        Result(int m, int r) {
            q = new double[m * 3 * r];
            qBounds = new double[m * 3 * r];
            k = new double[r * r];
            kBounds = new double[r * r];
            biasGradients = new double[2 * r];
            biasBounds = new double[2 * r];
            decoderGradient = new double[m * r];
            decoderBounds = new double[m * r];
        }
    }

    private double encoderScale() {
        return 1 / (problem.dataScale() * Math.sqrt(m));
    }

    private double variance() {
        return problem.configuration().sigma() * problem.configuration().sigma();
    }

    private void noise(long id, int step, float[] target) {
        TrainOn trainOn = problem.configuration().trainOn();
        if (trainOn != TrainOn.SAMPLE) {
            Arrays.fill(target, trainOn == TrainOn.MEDIAN ? 0.5f : (float) Math.exp(-1));
        } else {
            Philox.uniforms(
                    problem.configuration().seed(), id, step, Purpose.TRAINING, new int[Philox.WORDS], target, 0, r);
        }
    }

    /** The mean objective over all rows. */
    double objective(Matrix data, int step) {
        double sum = 0;
        float[] noise = new float[r];
        double[] h = new double[r];
        for (int i = 0; i < data.rows(); i++) {
            noise(i, step, noise);
            for (int j = 0; j < r; j++) {
                double aLambda = biases[j];
                double aK = biases[r + j];
                for (int f = 0; f < m; f++) {
                    double x = data.get(i, f) * encoderScale();
                    aLambda += x * weights[3 * r * f + j];
                    aK += x * weights[3 * r * f + r + j];
                }
                HeadOracle.Values values = heads.exact(aLambda, aK, noise[j]);
                h[j] = values.h();
                sum += problem.configuration().kl() ? values.kl() : 0;
            }
            for (int f = 0; f < m; f++) {
                double residual = -data.get(i, f) / problem.dataScale();
                for (int j = 0; j < r; j++) {
                    residual += h[j] * weights[3 * r * f + 2 * r + j];
                }
                sum += residual * residual / (2 * variance());
            }
        }
        return sum / data.rows();
    }

    private boolean hasMissing(Matrix data) {
        for (int i = 0; i < data.rows(); i++) {
            for (int f = 0; f < m; f++) {
                if (Float.isNaN(data.get(i, f))) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * @param ids global index of each row, or null where row i has index i
     */
    public Result run(Matrix data, int[] ids, int step) {
        Result result = new Result(m, r);
        int n = data.rows();
        int stride = 3 * r;
        result.rows = n;
        double klWeight = problem.configuration().kl() ? 1 : 0;
        double[] g = new double[r * r];
        for (int f = 0; f < m; f++) {
            int w = stride * f + 2 * r;
            for (int j = 0; j < r; j++) {
                for (int l = 0; l < r; l++) {
                    g[j * r + l] += weights[w + j] * weights[w + l];
                }
            }
        }
        double gError = U * reduction(m); // relative: Wf ≥ 0

        boolean hasMissing = hasMissing(data);
        float[] noise = new float[r];
        double[] p = new double[stride];
        double[] pTerms = new double[stride];
        double[] h = new double[r];
        double[] hBounds = new double[r];
        double[] s = new double[stride];
        double[] sBounds = new double[stride];
        double[] dH = new double[r];
        double[] qTerms = new double[m * stride];
        HeadOracle.Values[] values = new HeadOracle.Values[r];
        HeadOracle.Values[] bounds = new HeadOracle.Values[r];
        for (int i = 0; i < n; i++) {
            float[] row = new float[m];
            data.copyRow(i, row, 0);
            int offset = 0;
            boolean incomplete = false;
            boolean[] missing = new boolean[m];
            double[] input = new double[m];
            for (int f = 0; f < m; f++) {
                missing[f] = Float.isNaN(row[f]);
                incomplete |= missing[f];
                input[f] = missing[f] ? inputMeans[f] * problem.dataScale() : row[f];
                row[f] = missing[f] ? 0 : row[f];
            }
            Arrays.fill(p, 0);
            Arrays.fill(pTerms, 0);
            for (int f = 0; f < m; f++) {
                double v = row[offset + f];
                for (int j = 0; j < stride; j++) {
                    double term = (j < 2 * r ? input[f] : v) * weights[stride * f + j];
                    p[j] += term;
                    pTerms[j] += Math.abs(term);
                    if (incomplete && j < 2 * r) { // means may be added up over all features, and taken off again
                        pTerms[j] += 2 * Math.abs(inputMeans[f] * problem.dataScale() * weights[stride * f + j]);
                    }
                }
            }
            noise(ids == null ? i : ids[i], step, noise);
            for (int j = 0; j < r; j++) {
                double aLambda = encoderScale() * p[j] + biases[j];
                double aK = encoderScale() * p[r + j] + biases[r + j];
                // the product, its scales (floats) and the sum with the bias
                double pError = factors + U * (reduction(m) + (incomplete ? 5 : 2));
                double aLambdaError = pError * encoderScale() * pTerms[j] + U * Math.abs(aLambda);
                double aKError = pError * encoderScale() * pTerms[r + j] + U * Math.abs(aK);
                values[j] = heads.exact(aLambda, aK, noise[j]);
                bounds[j] = heads.bounds(aLambda, aK, noise[j], aLambdaError, aKError);
                h[j] = values[j].h();
                hBounds[j] = bounds[j].h();
                result.kl += values[j].kl();
                result.klBound += bounds[j].kl();
            }

            Arrays.fill(dH, 0);
            for (int f = 0; f < m; f++) {
                double v = row[offset + f] / problem.dataScale();
                int w = stride * f + 2 * r;
                double e = -v;
                double decodedError = 0;
                for (int j = 0; j < r; j++) {
                    e += h[j] * weights[w + j];
                    decodedError += (hBounds[j] + U * (reduction(r) + 2) * h[j]) * weights[w + j];
                }
                if (incomplete) { // what takes off the missing entries sums over some of them all
                    double decoded = e + v;
                    for (int j = 0; j < r; j++) {
                        result.qBounds[stride * f + 2 * r + j] += problem.dataScale()
                                * ((hBounds[j] + U * (reduction(n) + 2) * h[j]) * decoded + h[j] * decodedError);
                    }
                }
                if (missing[f]) {
                    continue;
                }
                result.residualBound += (2 * Math.abs(e) + decodedError) * decodedError;
                for (int j = 0; j < r; j++) {
                    dH[j] += e * weights[w + j] / variance();
                    result.decoderGradient[f * r + j] += e * h[j] / (variance() * n);
                }
                result.squaredError += e * e;
                result.squaredNorm += v * v;
            }

            for (int j = 0; j < r; j++) {
                double hg = 0;
                double hgError = 0;
                for (int l = 0; l < r; l++) {
                    double term = h[l] * g[l * r + j];
                    hg += term;
                    hgError += term * (gError + U * reduction(r)) + hBounds[l] * g[l * r + j] * (1 + gError);
                }
                double c = p[2 * r + j] / problem.dataScale();
                double cError = (factors + U * (reduction(m) + 2)) * c;
                double missed = incomplete ? hg : 0;
                cError += incomplete ? hgError + U * (reduction(m) + reduction(r) + 4) * hg : 0;
                // what is subtracted is large, what remains may be small
                double dHError = (hgError + cError + 3 * U * (Math.abs(hg - c) + missed)) / variance();
                double dHSize = Math.abs(dH[j]) + dHError;
                HeadOracle.Values x = values[j];
                HeadOracle.Values b = bounds[j];
                s[j] = dH[j] * x.hByLambda() + klWeight * x.klByLambda();
                sBounds[j] = dHError * Math.abs(x.hByLambda())
                        + dHSize * b.hByLambda()
                        + klWeight * b.klByLambda()
                        + 2 * U * (dHSize * Math.abs(x.hByLambda()) + klWeight * Math.abs(x.klByLambda()));
                s[r + j] = dH[j] * x.hByK() + klWeight * x.klByK();
                sBounds[r + j] = dHError * Math.abs(x.hByK())
                        + dHSize * b.hByK()
                        + klWeight * b.klByK()
                        + 2 * U * (dHSize * Math.abs(x.hByK()) + klWeight * Math.abs(x.klByK()));
                s[2 * r + j] = h[j];
                sBounds[2 * r + j] = hBounds[j];
                for (int part = 0; part < 2; part++) {
                    result.biasGradients[part * r + j] += s[part * r + j];
                    result.biasBounds[part * r + j] += sBounds[part * r + j];
                }
                result.hc += h[j] * c;
                result.hcBound += hBounds[j] * (c + missed) + (h[j] + hBounds[j]) * cError;
                for (int l = 0; l < r; l++) {
                    result.k[j * r + l] += h[j] * h[l];
                    result.kBounds[j * r + l] += hBounds[j] * h[l]
                            + h[j] * hBounds[l]
                            + hBounds[j] * hBounds[l]
                            + U * reduction(n) * h[j] * h[l];
                }
            }
            for (int f = 0; f < m; f++) {
                double v = row[offset + f];
                for (int j = 0; j < stride; j++) {
                    int at = stride * f + j;
                    double factor = j < 2 * r ? input[f] : v;
                    result.q[at] += factor * s[j];
                    result.qBounds[at] += factor * (sBounds[j] + (incomplete ? 2 * U * Math.abs(s[j]) : 0));
                    qTerms[at] += Math.abs(factor * s[j]);
                    if (j < 2 * r && hasMissing) { // the same of Q, from any row
                        qTerms[at] += 2 * Math.abs(inputMeans[f] * problem.dataScale() * s[j]);
                    }
                }
            }
        }
        for (int i = 0; i < result.q.length; i++) {
            result.qBounds[i] += (factors + U * reduction(n)) * qTerms[i];
        }
        double kgBound = 0;
        for (int i = 0; i < r * r; i++) {
            kgBound += result.kBounds[i] * g[i] + result.k[i] * g[i] * gError;
        }
        result.squaredErrorBound = 2 * result.hcBound + kgBound + 1e-12 * result.squaredNorm;
        for (int f = 0; f < m; f++) {
            for (int j = 0; j < r; j++) {
                double bound = result.qBounds[stride * f + 2 * r + j] / problem.dataScale();
                for (int l = 0; l < r; l++) {
                    bound += weights[stride * f + 2 * r + l] * result.kBounds[l * r + j];
                }
                result.decoderBounds[f * r + j] = bound / (variance() * n);
            }
        }
        return result;
    }
}
