package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.CovariatePrior;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeInference;
import io.github.paenmf.data.CodedCovariates;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.math.FloatMath;
import io.github.paenmf.model.EncoderLayer;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import java.util.Arrays;
import java.util.stream.IntStream;

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
        int units = p.firstUnits();
        int columns = p.columns();
        Projection encoder = Projection.of(data, units, p.weights(), 0, columns, runtime);
        Projection decoder = refinement == null ? null : Projection.of(data, r, p.weights(), units, columns, runtime);
        MissingInputs missing = missingInputs(data);
        CodedCovariates covariates = model.covariates().code(data.covariates());
        CovariatePrior priors =
                refinement == null || covariates == null ? null : new CovariatePrior(covariates, p.effects());
        forBlocks(data.rows(), threads(data.rows(), refinement == null ? units : columns), (worker, first, rows) -> {
            float[] a = outputs(input(encoder, missing, covariates, data, first, rows), rows, null);
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
                decoder.project(data.block(first, rows), products, 0, r);
                refinement.run(products, rows, first, priors, lambda, k);
            }
        });
    }

    /**
     * How many units of each hidden layer are 0 for every row of data.
     *
     * @param data n × m, raw units
     */
    public int[] deadUnits(RowSource data) {
        PaeParameters p = model.parameters();
        boolean[][] alive =
                p.layers().stream().map(layer -> new boolean[layer.inputs()]).toArray(boolean[][]::new);
        Projection encoder = Projection.of(data, p.firstUnits(), p.weights(), 0, p.columns(), runtime);
        MissingInputs missing = missingInputs(data);
        CodedCovariates covariates = model.covariates().code(data.covariates());
        for (int first = 0; alive.length > 0 && first < data.rows(); first += Matrix.ROW_ALIGNMENT) {
            int rows = Math.min(Matrix.ROW_ALIGNMENT, data.rows() - first);
            outputs(input(encoder, missing, covariates, data, first, rows), rows, alive);
        }
        return Arrays.stream(alive)
                .mapToInt(units -> (int)
                        IntStream.range(0, units.length).filter(j -> !units[j]).count())
                .toArray();
    }

    /** Null where no entry is missing. */
    private MissingInputs missingInputs(RowSource data) {
        PaeParameters p = model.parameters();
        if (data.mask() == null) {
            return null;
        }
        MissingInputs missing = new MissingInputs(data.mask(), p.inputMeans(), p.firstUnits());
        missing.open(p.weights(), p.columns(), 1);
        return missing;
    }

    /**
     * What the first layer gives before its activation, rows × units.
     *
     * @param covariates of the rows of data, or null
     */
    private float[] input(
            Projection encoder,
            MissingInputs missing,
            CodedCovariates covariates,
            RowSource data,
            int first,
            int rows) {
        PaeParameters p = model.parameters();
        int units = p.firstUnits();
        float scale = (float) (1 / (model.dataScale() * Math.sqrt(m)));
        float[] input = new float[rows * units];
        encoder.project(data.block(first, rows), input, 0, units);
        int[] listed = new int[missing == null ? 0 : m];
        for (int i = 0; missing != null && i < rows; i++) {
            missing.add(first + i, (float) model.dataScale(), input, i * units, listed);
        }
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < units; j++) {
                input[i * units + j] = input[i * units + j] * scale + p.biases()[j];
            }
            for (int c = 0; covariates != null && c < covariates.columns(); c++) {
                float x = (float) covariates.value(covariates.setting()[first + i], c);
                for (int j = 0; j < units; j++) {
                    input[i * units + j] += x * p.covariateWeights()[c * units + j];
                }
            }
        }
        return input;
    }

    /**
     * What the heads give before their activation, rows × 2r.
     *
     * @param a what the first layer gives before its own, rows × units; overwritten
     * @param alive null, or receives which units of each hidden layer are above 0 for one of the rows
     */
    private float[] outputs(float[] a, int rows, boolean[][] alive) {
        float[] z = a;
        for (int l = 0; l < model.parameters().layers().size(); l++) {
            EncoderLayer layer = model.parameters().layers().get(l);
            rectify(z);
            for (int e = 0; alive != null && e < z.length; e++) {
                alive[l][e % layer.inputs()] |= z[e] > 0;
            }
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
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < layer.outputs(); j++) {
                    next[i * layer.outputs() + j] += layer.biases()[j];
                }
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
