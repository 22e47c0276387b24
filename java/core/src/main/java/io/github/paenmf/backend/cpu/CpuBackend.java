package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Backend;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.HeadConstants;
import io.github.paenmf.backend.PartialSums;
import io.github.paenmf.backend.Problem;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.StepLosses;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Configuration;
import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.Parameters;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import java.util.Arrays;
import java.util.List;

/**
 * The stages on the CPU.
 *
 * <p>Work is cut into fixed pieces, blocks of {@link Matrix#ROW_ALIGNMENT} rows and slices of
 * features, whose size depends on the problem alone. What is summed over rows is summed block after
 * block. So the number of threads and the size of chunks change no bit of the result.
 */
public final class CpuBackend implements Backend {

    private static final int BLOCK_ROWS = Matrix.ROW_ALIGNMENT;
    /** Work space for P and S is kept to about this many floats. */
    private static final int AUTO_CHUNK_FLOATS = 1 << 25;

    private static final int MAX_CHUNK_FLOATS = Integer.MAX_VALUE - 8; // of one Java array
    private static final double BETA_1 = 0.9;
    private static final double BETA_2 = 0.999;
    private static final float ADAM_EPSILON = 1e-8f;
    /** Keeps the multiplicative update defined where a component is unused. */
    private static final float DENOMINATOR_MIN = 1e-20f;

    private final Problem problem;
    private final Configuration configuration;
    private final CpuRuntime runtime;
    private final Gemm gemm;
    private final Workers workers;
    private final int m;
    private final int r;
    private final int stride;
    private final int sliceFeatures;
    private final int slices;
    private final int chunkRows;

    private final Parameters parameters;
    private final PartialSums sums;
    /** G = WfᵀWf, r × r. */
    private final float[] g;
    /** P, then S, of the current chunk, rows × 3r. */
    private final float[] ps;
    /** V of the current chunk of a mini-batch; null where there are none. */
    private final Matrix gathered;

    private final HeadConstants headConstants;
    private final HeadBlock[] headBlocks;
    private final double[] blockKl;
    private final double[] blockHc;
    private final double[] blockBiasGradients;

    /** Wf·K, a slice for each worker. */
    private final float[][] wk;
    /** Σ gradient² of each head over each feature slice, slices × 2r. */
    private final double[] sliceNorms;

    private final float[] headScales;
    private final float[] adamMean;
    private final float[] adamSquare;
    private final double[] biasMean;
    private final double[] biasSquare;
    private int adamStep;
    private float meanCorrection;
    private float squareCorrection;
    /** Of the last update, or null once taken. */
    private StepLosses losses;

    /**
     * @param execution gives the threads and the rows of a chunk
     */
    public CpuBackend(Problem problem, CpuRuntime runtime, Execution execution) {
        this.problem = problem;
        this.configuration = problem.configuration();
        this.runtime = runtime;
        this.gemm = runtime.gemm();
        this.m = problem.features();
        this.r = problem.rank();
        this.sliceFeatures = sliceFeatures(m);
        this.slices = (m + sliceFeatures - 1) / sliceFeatures;
        this.chunkRows = chunkRows(execution.chunkRows(), r, problem.batchRows());
        int threads = execution.threads();
        int maxBlocks = (chunkRows + BLOCK_ROWS - 1) / BLOCK_ROWS;
        boolean adam = configuration.optimiser() == Optimiser.ADAM;
        int blockRows = Math.min(BLOCK_ROWS, chunkRows);
        double needed = memory(maxBlocks, blockRows, adam, threads);
        Matrix.requireMemory((long) needed, "training step of " + chunkRows + " rows at rank " + r);

        this.stride = 3 * r;
        this.parameters = new Parameters(m, r);
        this.sums = new PartialSums(m, r);
        this.g = new float[r * r];
        this.ps = new float[Math.multiplyExact(chunkRows, stride)];
        this.gathered = problem.hasMiniBatches() ? Matrix.zeros(chunkRows, m) : null;
        this.headConstants = HeadConstants.of(configuration);
        this.workers = new Workers(threads);
        this.headBlocks = new HeadBlock[threads];
        Arrays.setAll(headBlocks, t -> new HeadBlock(blockRows, r));
        this.wk = new float[threads][sliceFeatures * r];
        this.blockKl = new double[maxBlocks];
        this.blockHc = new double[maxBlocks];
        this.blockBiasGradients = new double[maxBlocks * 2 * r];
        this.sliceNorms = new double[slices * 2 * r];
        this.headScales = new float[2 * r];
        this.adamMean = new float[adam ? m * stride : 0];
        this.adamSquare = new float[adam ? m * stride : 0];
        this.biasMean = new double[2 * r];
        this.biasSquare = new double[2 * r];
    }

    /** Bytes of everything that grows with rows, features or rank; a double, since each may be large. */
    private double memory(int maxBlocks, int blockRows, boolean adam, int threads) {
        double chunk = (3.0 * r + (problem.hasMiniBatches() ? m : 0)) * chunkRows;
        double parametersAndQ = (adam ? 4 : 2) * 3.0 * r * m;
        double gramAndK = 2.0 * r * r;
        double scratch = threads * (10.0 * r * blockRows + (double) r * sliceFeatures);
        double blockSums = 4.0 * r * (maxBlocks + slices); // doubles, 2r each
        return 4 * (chunk + parametersAndQ + gramAndK + scratch + blockSums);
    }

    /** What was asked for, or as many as keep the work space in bounds; whole blocks unless it is all rows. */
    private static int chunkRows(int asked, int rank, int rows) {
        int chosen = asked > 0 ? asked : blockRows(AUTO_CHUNK_FLOATS, rank);
        return Math.min(Math.min(chosen, blockRows(MAX_CHUNK_FLOATS, rank)), rows);
    }

    /** Rows of the whole blocks of P that fit, at least one block. */
    private static int blockRows(int floats, int rank) {
        return (int) Math.max(1, floats / (3L * rank) / BLOCK_ROWS) * BLOCK_ROWS;
    }

    /** Narrow slices for few features, so that there are slices for several threads. */
    static int sliceFeatures(int m) {
        return Math.max(16, Math.min(64, m / 16));
    }

    @Override
    public String description() {
        return runtime.description(workers.threads());
    }

    @Override
    public int chunkRows() {
        return chunkRows;
    }

    @Override
    public int stepsInFlight() {
        return 1;
    }

    @Override
    public void setParameters(Parameters newParameters) {
        parameters.set(newParameters);
        Arrays.fill(adamMean, 0f);
        Arrays.fill(adamSquare, 0f);
        Arrays.fill(biasMean, 0.0);
        Arrays.fill(biasSquare, 0.0);
        adamStep = 0;
        losses = null;
    }

    @Override
    public void readParameters(Parameters target) {
        target.set(parameters);
    }

    @Override
    public void saveState() {
        throw noStepIsRunAgain();
    }

    @Override
    public void restoreState() {
        throw noStepIsRunAgain();
    }

    private static UnsupportedOperationException noStepIsRunAgain() {
        return new UnsupportedOperationException("with one step in flight no step has to be run again");
    }

    @Override
    public void clearSums() {
        sums.clear();
    }

    @Override
    public void gram() {
        float[] w = parameters.weights();
        gemm.multiply(true, false, r, r, m, 1f, w, 2 * r, stride, w, 2 * r, stride, 0f, g, 0, r);
    }

    @Override
    public void project(Rows chunk) {
        workers.run(blocks(chunk), (worker, block) -> {
            int first = block * BLOCK_ROWS;
            if (chunk.order() != null) {
                gather(chunk, first, blockRows(chunk, block));
            }
            Matrix v = values(chunk);
            int row = firstRow(chunk) + first;
            gemm.multiply(
                    false,
                    false,
                    blockRows(chunk, block),
                    stride,
                    m,
                    1f,
                    v.storage(row),
                    v.offset(row),
                    m,
                    parameters.weights(),
                    0,
                    stride,
                    0f,
                    ps,
                    first * stride,
                    stride);
        });
    }

    /** Copies rows that lie anywhere in the data side by side. */
    private void gather(Rows chunk, int first, int count) {
        float[] target = gathered.storage(first);
        int offset = gathered.offset(first);
        for (int i = 0; i < count; i++) {
            chunk.data().copyRow(chunk.id(first + i), target, offset + i * m);
        }
    }

    /** Where a chunk's rows lie one after another, from {@link #firstRow} on. */
    private Matrix values(Rows chunk) {
        return chunk.order() == null ? chunk.data() : gathered;
    }

    private static int firstRow(Rows chunk) {
        return chunk.order() == null ? chunk.from() : 0;
    }

    @Override
    public void weibullStep(Rows chunk, int step) {
        int blocks = blocks(chunk);
        workers.run(blocks, (worker, block) -> weibullStep(chunk, block, step, headBlocks[worker]));
        double[] biasGradients = sums.biasGradients();
        for (int block = 0; block < blocks; block++) {
            sums.addLoss(blockKl[block], blockHc[block]);
            for (int j = 0; j < 2 * r; j++) {
                biasGradients[j] += blockBiasGradients[block * 2 * r + j];
            }
        }
    }

    private void weibullStep(Rows chunk, int block, int step, HeadBlock heads) {
        int rows = blockRows(chunk, block);
        int first = block * BLOCK_ROWS;
        float encoderScale = problem.encoderScale();
        float[] biases = parameters.biases();
        for (int i = 0; i < rows; i++) {
            int p = (first + i) * stride;
            int e = i * r;
            for (int j = 0; j < r; j++) {
                heads.aLambda[e + j] = encoderScale * ps[p + j] + biases[j];
                heads.aK[e + j] = encoderScale * ps[p + r + j] + biases[r + j];
            }
            if (configuration.trainOn() != TrainOn.SAMPLE) {
                Arrays.fill(heads.noise, e, e + r, configuration.trainOn().epsilon());
            } else {
                Philox.uniforms(
                        configuration.seed(),
                        chunk.id(first + i),
                        step,
                        Purpose.TRAINING,
                        heads.words,
                        heads.noise,
                        e,
                        r);
            }
        }
        runtime.headKernel().forward(headConstants, heads, rows * r);
        gemm.multiply(false, false, rows, r, r, 1f, heads.h, 0, r, g, 0, r, 0f, heads.hg, 0, r);

        float inverseDataScale = (float) (1 / problem.dataScale());
        float inverseVariance = (float) (1 / (configuration.sigma() * configuration.sigma()));
        float klWeight = configuration.kl() ? 1f : 0f;
        int gradients = block * 2 * r;
        Arrays.fill(blockBiasGradients, gradients, gradients + 2 * r, 0.0);
        double klSum = 0;
        double hcSum = 0;
        for (int i = 0; i < rows; i++) {
            int p = (first + i) * stride;
            int e = i * r;
            for (int j = 0; j < r; j++, e++) {
                float h = heads.h[e];
                float c = ps[p + 2 * r + j] * inverseDataScale;
                float dH = (heads.hg[e] - c) * inverseVariance;
                float dLambda = dH * heads.hByLambda[e] + klWeight * heads.klByLambda[e];
                float dK = dH * heads.hByK[e] + klWeight * heads.klByK[e];
                ps[p + j] = dLambda;
                ps[p + r + j] = dK;
                ps[p + 2 * r + j] = h;
                blockBiasGradients[gradients + j] += dLambda;
                blockBiasGradients[gradients + r + j] += dK;
                klSum += heads.kl[e];
                hcSum += (double) h * c;
            }
        }
        blockKl[block] = klSum;
        blockHc[block] = hcSum;
    }

    @Override
    public void accumulate(Rows chunk, double squaredNorm) {
        int blocks = blocks(chunk);
        // The first task is K, the others are slices of Q: each owns its part of the sums and goes
        // through the row blocks in order.
        workers.run(1 + slices, (worker, task) -> {
            for (int block = 0; block < blocks; block++) {
                int rows = blockRows(chunk, block);
                int s = block * BLOCK_ROWS * stride;
                int h = s + 2 * r;
                if (task == 0) {
                    gemm.multiply(true, false, r, r, rows, 1f, ps, h, stride, ps, h, stride, 1f, sums.k(), 0, r);
                } else {
                    int feature = (task - 1) * sliceFeatures;
                    int width = Math.min(sliceFeatures, m - feature);
                    Matrix v = values(chunk);
                    int row = firstRow(chunk) + block * BLOCK_ROWS;
                    int at = v.offset(row) + feature;
                    float[] q = sums.q();
                    int to = feature * stride;
                    float[] values = v.storage(row);
                    gemm.multiply(
                            true, false, width, stride, rows, 1f, values, at, m, ps, s, stride, 1f, q, to, stride);
                }
            }
        });
        sums.addRows(chunk.count(), squaredNorm);
    }

    @Override
    public void addSums(PartialSums other) {
        sums.add(other);
    }

    @Override
    public PartialSums readSums() {
        PartialSums copy = new PartialSums(m, r);
        copy.add(sums);
        return copy;
    }

    @Override
    public void update() {
        if (losses != null) {
            throw new IllegalStateException("the losses of the last update were not taken");
        }
        double kg = 0;
        for (int i = 0; i < r * r; i++) {
            kg += (double) sums.k()[i] * g[i];
        }
        losses = StepLosses.of(sums, kg, configuration.sigma());
        adamStep++;
        meanCorrection = (float) (1 / (1 - Math.pow(BETA_1, adamStep)));
        squareCorrection = (float) (1 / (1 - Math.pow(BETA_2, adamStep)));
        boolean adam = configuration.optimiser() == Optimiser.ADAM;
        if (!adam) {
            clipHeads();
        }
        workers.run(slices, (worker, slice) -> {
            int from = slice * sliceFeatures;
            int to = Math.min(m, from + sliceFeatures);
            float[] w = parameters.weights();
            float[] product = wk[worker];
            int decoder = from * stride + 2 * r;
            gemm.multiply(false, false, to - from, r, r, 1f, w, decoder, stride, sums.k(), 0, r, 0f, product, 0, r);
            for (int feature = from; feature < to; feature++) {
                updateHeads(feature, adam);
                updateDecoder(feature, adam, product, (feature - from) * r);
            }
        });
        updateBiases(adam);
    }

    private void updateHeads(int feature, boolean adam) {
        float[] w = parameters.weights();
        float[] q = sums.q();
        float toGradient = headGradientScale();
        float rate = problem.rates().encoder();
        for (int j = 0, i = feature * stride; j < 2 * r; j++, i++) {
            float gradient = q[i] * toGradient;
            w[i] -= adam ? adam(i, gradient, rate) : rate * headScales[j] * gradient;
        }
    }

    private void updateDecoder(int feature, boolean adam, float[] product, int offset) {
        float[] w = parameters.weights();
        float[] q = sums.q();
        float inverseDataScale = (float) (1 / problem.dataScale());
        float toGradient = (float) (1 / (configuration.sigma() * configuration.sigma() * sums.rows()));
        float rate = problem.rates().decoder()[feature];
        boolean multiplicative = configuration.decoderUpdate() == DecoderUpdate.MULTIPLICATIVE;
        for (int j = 0, i = feature * stride + 2 * r; j < r; j++, i++) {
            float vh = q[i] * inverseDataScale;
            float whh = product[offset + j];
            if (multiplicative) {
                w[i] *= Math.max(vh, 0f) / Math.max(whh, DENOMINATOR_MIN);
            } else {
                float gradient = (whh - vh) * toGradient;
                w[i] = Math.max(0f, w[i] - (adam ? adam(i, gradient, rate) : rate * gradient));
            }
        }
    }

    private void updateBiases(boolean adam) {
        float[] biases = parameters.biases();
        float rate = problem.rates().bias();
        for (int j = 0; j < 2 * r; j++) {
            double gradient = sums.biasGradients()[j] / sums.rows();
            if (adam) {
                biasMean[j] = BETA_1 * biasMean[j] + (1 - BETA_1) * gradient;
                biasSquare[j] = BETA_2 * biasSquare[j] + (1 - BETA_2) * gradient * gradient;
                double mean = biasMean[j] * meanCorrection;
                double square = biasSquare[j] * squareCorrection;
                biases[j] -= (float) (rate * mean / (Math.sqrt(square) + ADAM_EPSILON));
            } else {
                biases[j] -= (float) (rate * headScales[j] * gradient);
            }
        }
    }

    /** Adam's step for one weight; advances its moments. */
    private float adam(int i, float gradient, float rate) {
        float mean = adamMean[i] + (float) (1 - BETA_1) * (gradient - adamMean[i]);
        float square = adamSquare[i] + (float) (1 - BETA_2) * (gradient * gradient - adamSquare[i]);
        adamMean[i] = mean;
        adamSquare[i] = square;
        return rate * mean * meanCorrection / ((float) Math.sqrt(square * squareCorrection) + ADAM_EPSILON);
    }

    /** Scales each head's step so that its norm, bias included, stays within the clip. */
    private void clipHeads() {
        float[] q = sums.q();
        double toGradient = headGradientScale();
        workers.run(slices, (worker, slice) -> {
            int norms = slice * 2 * r;
            Arrays.fill(sliceNorms, norms, norms + 2 * r, 0.0);
            int to = Math.min(m, (slice + 1) * sliceFeatures);
            for (int feature = slice * sliceFeatures; feature < to; feature++) {
                for (int j = 0; j < 2 * r; j++) {
                    double gradient = q[feature * stride + j] * toGradient;
                    sliceNorms[norms + j] += gradient * gradient;
                }
            }
        });
        for (int j = 0; j < 2 * r; j++) {
            double squaredNorm = 0;
            for (int slice = 0; slice < slices; slice++) {
                squaredNorm += sliceNorms[slice * 2 * r + j];
            }
            double bias =
                    sums.biasGradients()[j] / sums.rows() * problem.rates().bias();
            double encoder = problem.rates().encoder();
            double norm = Math.sqrt(squaredNorm * encoder * encoder + bias * bias);
            headScales[j] = (float) Math.min(1, configuration.stepClip() / norm);
        }
    }

    /** From Vᵀ·dA of the raw data to the mean gradient of a head's weights. */
    private float headGradientScale() {
        return problem.encoderScale() / sums.rows();
    }

    @Override
    public List<StepLosses> takeLosses() {
        List<StepLosses> taken = losses == null ? List.of() : List.of(losses);
        losses = null;
        return taken;
    }

    private static int blocks(Rows chunk) {
        return (chunk.count() + BLOCK_ROWS - 1) / BLOCK_ROWS;
    }

    private static int blockRows(Rows chunk, int block) {
        return Math.min(BLOCK_ROWS, chunk.count() - block * BLOCK_ROWS);
    }

    @Override
    public void close() {
        workers.close();
    }
}
