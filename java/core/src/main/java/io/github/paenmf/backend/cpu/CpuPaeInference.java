package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeInference;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.FloatMath;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;

/** What a fitted PAE-NMF computes on data, on the CPU. */
public final class CpuPaeInference extends CpuInference implements PaeInference {

    private final FittedPae model;
    private final Gemm gemm;
    private final int m;
    private final int r;
    /** Null where latents are the encoder's. */
    private final RowRefinement refinement;

    /**
     * @param refinement sweeps over the encoder's latents, at least 0
     * @param execution gives the threads
     */
    public CpuPaeInference(FittedPae model, int refinement, CpuRuntime runtime, Execution execution) {
        super(model, runtime, execution);
        this.model = model;
        this.gemm = runtime.gemm();
        this.m = model.features();
        this.r = model.rank();
        this.refinement = refinement == 0 ? null : new RowRefinement(model, runtime, refinement);
    }

    @Override
    public void encode(Matrix data, Matrix lambda, Matrix k) {
        PaeConfiguration c = model.configuration();
        PaeParameters p = model.parameters();
        float scale = (float) (1 / (model.dataScale() * Math.sqrt(m)));
        forBlocks(data.rows(), threads(data.rows(), refinement == null ? 2 * r : 3 * r), (worker, first, rows) -> {
            float[] a = new float[rows * 2 * r];
            gemm.multiply(
                    false,
                    false,
                    rows,
                    2 * r,
                    m,
                    data.storage(first),
                    data.offset(first),
                    m,
                    p.weights(),
                    0,
                    3 * r,
                    false,
                    a,
                    0,
                    2 * r);
            for (int i = 0; i < rows; i++) {
                float[] lambdas = lambda.storage(first + i);
                float[] ks = k.storage(first + i);
                int offset = lambda.offset(first + i);
                for (int j = 0; j < r; j++) {
                    float aLambda = activate(a[i * 2 * r + j] * scale + p.biases()[j]);
                    float aK = activate(a[i * 2 * r + r + j] * scale + p.biases()[r + j]);
                    lambdas[offset + j] =
                            Math.min(Math.max(aLambda, (float) c.lambdaMin()), PaeConfiguration.LAMBDA_MAX);
                    ks[offset + j] = Math.max(aK, (float) c.shapeMin());
                }
            }
            if (refinement != null) {
                refinement.run(project(data, first, rows), rows, first, lambda, k);
            }
        });
    }

    /** V·Wf of some rows of the raw data, rows × r. */
    private float[] project(Matrix data, int first, int rows) {
        float[] c = new float[rows * r];
        float[] weights = model.parameters().weights();
        gemm.multiply(
                false,
                false,
                rows,
                r,
                m,
                data.storage(first),
                data.offset(first),
                m,
                weights,
                2 * r,
                3 * r,
                false,
                c,
                0,
                r);
        return c;
    }

    /** Without the floor; that of ReLU is above 0 and so makes its max(a, 0) unnecessary. */
    private float activate(float a) {
        return model.configuration().heads() == Heads.SOFTPLUS
                ? Math.max(a, 0) + FloatMath.log(1 + FloatMath.exp(-Math.abs(a)))
                : a;
    }
}
