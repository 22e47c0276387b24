package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeInference;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowBlock;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.math.FloatMath;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;

/** What a fitted PAE-NMF computes on data, on the CPU. */
public final class CpuPaeInference extends CpuInference implements PaeInference {

    private final FittedPae model;
    private final CpuRuntime runtime;
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
        this.runtime = runtime;
        this.m = model.features();
        this.r = model.rank();
        this.refinement = refinement == 0 ? null : new RowRefinement(model, runtime, refinement);
    }

    @Override
    public void encode(RowSource data, Matrix lambda, Matrix k) {
        PaeConfiguration c = model.configuration();
        PaeParameters p = model.parameters();
        float scale = (float) (1 / (model.dataScale() * Math.sqrt(m)));
        Projection heads = Projection.of(data, 2 * r, p.weights(), 0, 3 * r, runtime);
        Projection decoder = refinement == null ? null : Projection.of(data, r, p.weights(), 2 * r, 3 * r, runtime);
        MissingInputs missing = data.mask() == null ? null : new MissingInputs(data.mask(), p.inputMeans(), 2 * r);
        if (missing != null) {
            missing.open(p.weights(), 3 * r, 1);
        }
        forBlocks(data.rows(), threads(data.rows(), refinement == null ? 2 * r : 3 * r), (worker, first, rows) -> {
            float[] a = new float[rows * 2 * r];
            RowBlock v = data.block(first, rows);
            heads.project(v, a, 0, 2 * r);
            int[] listed = new int[missing == null ? 0 : m];
            for (int i = 0; missing != null && i < rows; i++) {
                missing.add(first + i, (float) model.dataScale(), a, i * 2 * r, listed);
            }
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
                float[] products = new float[rows * r];
                decoder.project(v, products, 0, r);
                refinement.run(products, rows, first, lambda, k);
            }
        });
    }

    /** Without the floor; that of ReLU is above 0 and so makes its max(a, 0) unnecessary. */
    private float activate(float a) {
        return model.configuration().heads() == Heads.SOFTPLUS
                ? Math.max(a, 0) + FloatMath.log(1 + FloatMath.exp(-Math.abs(a)))
                : a;
    }
}
