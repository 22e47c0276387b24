package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeInference;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowBlock;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.math.FloatMath;
import io.github.paenmf.model.EncoderLayer;
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
        int units = p.firstUnits();
        int columns = p.columns();
        Projection encoder = Projection.of(data, units, p.weights(), 0, columns, runtime);
        Projection decoder = refinement == null ? null : Projection.of(data, r, p.weights(), units, columns, runtime);
        MissingInputs missing = data.mask() == null ? null : new MissingInputs(data.mask(), p.inputMeans(), units);
        if (missing != null) {
            missing.open(p.weights(), columns, 1);
        }
        forBlocks(data.rows(), threads(data.rows(), refinement == null ? units : columns), (worker, first, rows) -> {
            float[] input = new float[rows * units];
            RowBlock v = data.block(first, rows);
            encoder.project(v, input, 0, units);
            int[] listed = new int[missing == null ? 0 : m];
            for (int i = 0; missing != null && i < rows; i++) {
                missing.add(first + i, (float) model.dataScale(), input, i * units, listed);
            }
            for (int e = 0; e < input.length; e++) {
                input[e] = input[e] * scale + p.biases()[e % units];
            }
            float[] a = outputs(input, rows);
            for (int i = 0; i < rows; i++) {
                float[] lambdas = lambda.storage(first + i);
                float[] ks = k.storage(first + i);
                int offset = lambda.offset(first + i);
                for (int j = 0; j < r; j++) {
                    float aLambda = activate(a[i * 2 * r + j]);
                    float aK = activate(a[i * 2 * r + r + j]);
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

    /**
     * What the heads give before their activation, rows × 2r.
     *
     * @param a what the first layer gives before its own, rows × units; overwritten
     */
    private float[] outputs(float[] a, int rows) {
        float[] z = a;
        for (EncoderLayer layer : model.parameters().layers()) {
            rectify(z);
            float[] next = new float[rows * layer.outputs()];
            runtime.gemm()
                    .multiply(
                            false,
                            true,
                            rows,
                            layer.outputs(),
                            layer.inputs(),
                            z,
                            0,
                            layer.inputs(),
                            layer.weights(),
                            0,
                            layer.inputs(),
                            false,
                            next,
                            0,
                            layer.outputs());
            for (int e = 0; e < next.length; e++) {
                next[e] += layer.biases()[e % layer.outputs()];
            }
            z = next;
        }
        return z;
    }

    private static void rectify(float[] values) {
        for (int e = 0; e < values.length; e++) {
            values[e] = Math.max(values[e], 0f);
        }
    }

    /** Without the floor; that of ReLU is above 0 and so makes its max(a, 0) unnecessary. */
    private float activate(float a) {
        return model.configuration().heads() == Heads.SOFTPLUS
                ? Math.max(a, 0) + FloatMath.log(1 + FloatMath.exp(-Math.abs(a)))
                : a;
    }
}
