package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.HeadConstants;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.PaeSums;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.StateVisitor;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.random.Philox.Purpose;
import java.util.Arrays;

/**
 * PAE-NMF on the CPU: its row stage is the heads, noise, sampling, KL, and back through all of them with
 * dH = (H·G − C)/σ²; its update a step of the optimiser.
 */
final class PaeCpuAlgorithm implements CpuAlgorithm<PaeParameters> {

    private final PaeProblem problem;
    private final PaeConfiguration configuration;
    private final HeadKernel kernel;
    private final Gemm gemm;
    private final int m;
    private final int r;
    private final int sliceFeatures;
    private final int slices;
    private final int stride;
    /** Units of the encoder's first layer, and columns of W. */
    private final int firstUnits;

    private final int columns;
    private final ParameterState state;
    /** Null without hidden layers. */
    private final HiddenLayers hidden;
    /** Null where rows have no covariates. */
    private final CovariateStage covariates;

    private final HeadConstants headConstants;
    private final float inverseDataScale;
    private final float encoderScale;
    private final HeadBlock[] headBlocks;
    private final HeadSums[] headSums;
    /** The same of rows as often as they count. */
    private final HeadSums[] countedSums;
    /** Null unless the likelihood is Poisson. */
    private final CountDecoder counts;
    /** (Wf·K)ᵀ of a slice, one for each worker. */
    private final float[][] wk;
    /** Null where every row and feature counts once. */
    private final RootedWeights weighted;
    /** Wᵀ as the session has it: with the roots of the weights of features, where there are some. */
    private final float[] rooted;

    private final double meanRowWeight;
    /** Null where noise goes by the index of a row. */
    private final long[] noiseIds;
    /** Null where no entry is missing. */
    private final MissingSums missing;
    /** Σ gradient² of each head, 2r. */
    private final double[] headNorms;

    /** What the tasks below work on: they are made once, since a step must not allocate. */
    private CpuSession<PaeParameters> session;

    private float[] q;
    private float[] k;
    private Sums sums;
    private double countedRows;
    private final Workers.Task normTask = this::normTask;
    private final Workers.Task updateTask = this::updateTask;

    /**
     * @throws io.github.paenmf.data.DataException if there is no room for a step
     */
    PaeCpuAlgorithm(PaeProblem problem, CpuRuntime runtime, CpuLayout layout) {
        this.problem = problem;
        this.configuration = problem.configuration();
        this.kernel = runtime.headKernel();
        this.gemm = runtime.gemm();
        this.m = problem.features();
        this.r = problem.rank();
        this.sliceFeatures = layout.sliceFeatures();
        this.slices = layout.slices();
        this.stride = layout.featureStride();
        this.firstUnits = problem.firstUnits();
        this.columns = firstUnits + r;
        layout.requireMemory(floats(layout), rowSums());
        this.state = new ParameterState(problem, runtime.updateKernel());
        this.hidden = configuration.hidden().isEmpty() ? null : new HiddenLayers(problem, layout, runtime);
        this.covariates = CovariateStage.of(problem, layout, runtime);
        this.headConstants = HeadConstants.of(configuration);
        this.inverseDataScale = (float) (1 / problem.dataScale());
        this.encoderScale = problem.encoderScale();
        this.headBlocks = new HeadBlock[layout.threads()];
        Arrays.setAll(headBlocks, t -> new HeadBlock(layout.blockRows(), r));
        this.headSums = new HeadSums[layout.threads()];
        Arrays.setAll(headSums, t -> new HeadSums());
        this.countedSums = new HeadSums[layout.threads()];
        Arrays.setAll(countedSums, t -> new HeadSums());
        if (configuration.trainOn() != TrainOn.SAMPLE) {
            for (HeadBlock block : headBlocks) {
                Arrays.fill(block.noise, configuration.trainOn().epsilon());
            }
        }
        this.missing = problem.mask() == null ? null : new MissingSums(problem.mask(), layout, state.inputMeans());
        this.counts = configuration.isPoisson() ? new CountDecoder(layout, runtime.sparseKernel()) : null;
        this.weighted = RootedWeights.of(problem.weights(), problem.rows(), m);
        this.rooted = weighted == null ? state.weights() : new float[state.weights().length];
        this.meanRowWeight = problem.meanRowWeight();
        this.noiseIds = problem.part() == null ? null : problem.part().noiseIds();
        for (HeadBlock block : headBlocks) {
            block.upperIds = noiseIds == null ? null : new int[block.ids.length];
            block.inverseRatio = covariates == null ? null : new float[block.h.length];
        }
        this.wk = new float[layout.threads()][r * sliceFeatures];
        this.headNorms = new double[firstUnits];
    }

    private double floats(CpuLayout layout) {
        int copies = ParameterState.copies(configuration) + (problem.weights().isNone() ? 0 : 1);
        double parameters = (double) columns * copies * stride;
        double masked = problem.mask() == null ? 0 : MissingSums.floats(layout);
        double heads = (problem.covariates() == null ? 16.0 : 17.0) * r * HeadBlock.stride(layout.blockRows());
        double decoder = configuration.isPoisson() ? CountDecoder.floats(layout) : 0;
        double layers = configuration.hidden().isEmpty() ? 0 : HiddenLayers.floats(problem, layout);
        double ofCovariates = CovariateStage.floats(problem, layout);
        return masked
                + decoder
                + layers
                + ofCovariates
                + parameters
                + layout.threads() * (heads + (double) r * sliceFeatures);
    }

    @Override
    public float[] weights() {
        return rooted;
    }

    @Override
    public MissingSums missingSums() {
        return missing;
    }

    @Override
    public CountDecoder countDecoder() {
        return counts;
    }

    @Override
    public void beforeRows(float[] g) {
        if (counts != null) {
            counts.addUp(state.weights(), state.decoder(), stride);
        }
        if (missing != null) {
            missing.open(state.weights());
        }
    }

    @Override
    public int rowSums() {
        return PaeSums.count(problem);
    }

    @Override
    public void set(PaeParameters parameters) {
        state.set(parameters);
        if (hidden != null) {
            hidden.set(parameters.layers());
        }
        if (covariates != null) {
            covariates.set(parameters);
        }
        multiplyFeatures(0, m);
    }

    /** [bλ | bk | σ²] beside the weights; rows in parts have neither hidden layers nor covariates. */
    @Override
    public RowParameters rowParameters() {
        float[] w = new float[m * columns];
        ParameterState.transpose(state.weights(), columns, m, stride, w, columns);
        double[] others = new double[firstUnits + 1];
        Arrays.setAll(
                others,
                j -> j < firstUnits ? state.biases()[j] : state.variance().value());
        return new RowParameters(w, others);
    }

    @Override
    public void set(RowParameters parameters) {
        ParameterState.transpose(parameters.weights(), m, columns, columns, state.weights(), stride);
        for (int j = 0; j < firstUnits; j++) {
            state.biases()[j] = (float) parameters.others()[j];
        }
        state.variance().setValue(parameters.others()[firstUnits]);
        multiplyFeatures(0, m);
    }

    private void multiplyFeatures(int from, int to) {
        if (weighted != null) {
            weighted.multiplyFeatures(state.weights(), from, to - from, stride, columns, rooted);
        }
    }

    @Override
    public void read(PaeParameters target) {
        state.read(target);
        if (hidden != null) {
            hidden.read(target.layers());
        }
        if (covariates != null) {
            covariates.read(target);
        }
    }

    @Override
    public void visit(StateVisitor visitor) {
        state.visit(visitor);
        if (hidden != null) {
            hidden.visit(visitor);
        }
        if (covariates != null) {
            covariates.visit(visitor);
        }
        multiplyFeatures(0, m);
    }

    @Override
    public void rowStage(int worker, RowStageBlock block) {
        HeadBlock heads = headBlocks[worker];
        int count = block.rows;
        int length = HeadBlock.stride(count);
        if (weighted != null) {
            weighted.divideRows(block, columns);
        }
        load(worker, block, length, heads);
        if (configuration.trainOn() == TrainOn.SAMPLE) {
            setIds(block, length, heads);
            kernel.noise(configuration.seed(), block.step, Purpose.TRAINING, heads, length, r);
        }
        double logRatios = covariates == null ? 0 : covariates.setPriors(worker, block, length, heads);
        kernel.forward(headConstants, heads, r * length);
        double decoded =
                counts == null ? decode(worker, block, length, heads) : decodeCounts(worker, block, length, heads);
        HeadSums blockSums = headSums[worker];
        blockSums.clear();
        HeadSums counted = weighted == null ? blockSums : countedSums[worker];
        counted.clear();
        float klWeight = configuration.kl() ? 1f : 0f;
        float inverseVariance = (float) (1 / state.variance().value());
        double[] target = block.sums;
        int at = block.sumsOffset;
        float[] s = hidden == null ? block.values : hidden.headGradients(worker);
        int offset = hidden == null ? block.offset : 0;
        int rowStride = hidden == null ? block.blockStride : length;
        for (int j = 0; j < r; j++) {
            int row = offset + j * rowStride;
            kernel.backward(heads, j * length, count, inverseVariance, klWeight, s, row, r * rowStride, blockSums);
            if (weighted != null) {
                weighted.sum(block, s, row, r * rowStride, heads, j * length, counted);
            }
            if (hidden == null) {
                target[at + j] = counted.lambdaGradient;
                target[at + r + j] = counted.kGradient;
            }
        }
        if (hidden != null) {
            hidden.backward(worker, block, length, at, at + PaeSums.ofLayers(problem));
        }
        if (covariates != null) {
            covariates.sum(worker, block, length, heads, at + PaeSums.ofCovariates(problem));
        }
        if (weighted != null) {
            weighted.multiplyRows(block, columns);
        }
        int last = at + rowSums() - 1;
        target[last - 1] = counted.kl + logRatios;
        target[last] = counts == null ? counted.hc + decoded : decoded;
    }

    /** The index of each row in the data, or of a part the ids that the rows were given. */
    private void setIds(RowStageBlock block, int length, HeadBlock heads) {
        for (int i = 0; i < length; i++) {
            int index = id(block, Math.min(i, block.rows - 1));
            if (noiseIds == null) {
                heads.ids[i] = index;
            } else {
                heads.ids[i] = (int) noiseIds[index];
                heads.upperIds[i] = (int) (noiseIds[index] >>> Integer.SIZE);
            }
        }
    }

    /**
     * Makes H·G, and C where entries are missing.
     *
     * @return what is to be added to ⟨H, C⟩
     */
    private double decode(int worker, RowStageBlock block, int length, HeadBlock heads) {
        if (missing != null && missing.replacesGram()) {
            Arrays.fill(heads.hg, 0, r * length, 0f);
        } else {
            // (H·G)ᵀ = G·Hᵀ, as G is symmetric
            gemm.multiply(false, false, r, length, r, block.g, 0, r, heads.h, 0, length, false, heads.hg, 0, length);
        }
        double missingProducts = 0;
        for (int i = 0; missing != null && i < block.rows; i++) {
            missingProducts += missing.correct(worker, id(block, i), heads.h, heads.c, i, length, state.weights());
        }
        return missingProducts;
    }

    /**
     * Makes C of ratios, and adds up H.
     *
     * @return −Σ v ln v̂
     */
    private double decodeCounts(int worker, RowStageBlock block, int length, HeadBlock heads) {
        double logs = 0;
        for (int i = 0; i < block.rows; i++) {
            logs += counts.run(worker, block.chunk.data(), id(block, i), heads, i, length);
        }
        for (int j = 0; j < r; j++) {
            double sum = 0;
            for (int e = j * length; e < j * length + block.rows; e++) {
                sum += heads.h[e];
            }
            block.sums[block.sumsOffset + firstUnits + j] = sum;
        }
        return logs;
    }

    private static int id(RowStageBlock block, int row) {
        return block.chunk.id(block.firstRow + row);
    }

    /**
     * aλ, ak and C from P, transposed; what is in the rows of the padding means nothing. The encoder's input is the mean of
     * the feature where an entry is missing, and beside it the covariates of the row.
     */
    private void load(int worker, RowStageBlock block, int length, HeadBlock heads) {
        for (int i = 0; missing != null && i < block.rows; i++) {
            missing.completeInput(worker, id(block, i), block.values, block.offset + i * block.projectionStride);
        }
        if (covariates != null) {
            covariates.completeInput(worker, block);
        }
        float[] biases = state.biases();
        for (int i = 0; i < length; i += HeadBlock.TILE) {
            int from = block.offset + i * block.projectionStride;
            for (int j = 0; j < r; j++) {
                int to = j * length + i;
                if (hidden == null) {
                    load(block, from + j, encoderScale, biases[j], heads.aLambda, to);
                    load(block, from + r + j, encoderScale, biases[r + j], heads.aK, to);
                }
                if (counts == null) {
                    load(block, from + firstUnits + j, inverseDataScale, 0f, heads.c, to);
                }
            }
        }
        if (hidden != null) {
            hidden.forward(worker, block, length, biases, heads);
        }
    }

    private static void load(RowStageBlock block, int from, float scale, float bias, float[] target, int to) {
        for (int i = 0; i < HeadBlock.TILE; i++) {
            target[to + i] = scale * block.values[from + i * block.projectionStride] + bias;
        }
    }

    @Override
    public Objective update(CpuSession<PaeParameters> newSession, float[] newQ, float[] newK, float[] g, Sums newSums) {
        session = newSession;
        q = newQ;
        k = newK;
        sums = newSums;
        if (covariates == null) {
            return counts == null ? updateOfReals(g) : updateOfCounts();
        }
        double penalty = covariates.penalty();
        return (counts == null ? updateOfReals(g) : updateOfCounts()).plusKl(penalty);
    }

    private Objective updateOfReals(float[] g) {
        // σ that is learned goes by the Gram form on every device
        boolean byResidual = sums.hasResidual() && !configuration.learnsSigma();
        double squaredError = byResidual ? sums.residual() : gramForm(g);
        takeStep();
        return state.variance().update(sums, squaredError);
    }

    private Objective updateOfCounts() {
        if (problem.part() != null) {
            counts.addUp(state.weights(), state.decoder(), stride); // no row stage has been here
        }
        double negativeLogLikelihood = sums.squaredNorm() + PaeSums.hc(sums);
        for (int j = 0; j < r; j++) {
            negativeLogLikelihood += PaeSums.coefficients(sums, firstUnits, j) * counts.total(j);
        }
        takeStep();
        return new Objective(negativeLogLikelihood / sums.rows(), Math.max(0, PaeSums.kl(sums)) / sums.rows());
    }

    private void takeStep() {
        countedRows = meanRowWeight * sums.rows();
        state.beginUpdate();
        if (state.clips()) {
            session.workers().run(firstUnits, normTask);
            state.clip(headNorms, sums.ofRows(), countedRows);
        }
        session.workers().run(slices, updateTask);
        state.updateBiases(sums.ofRows(), countedRows);
        if (hidden != null) {
            hidden.update(
                    sums.ofRows(),
                    PaeSums.ofLayers(problem),
                    countedRows,
                    state.meanCorrection(),
                    state.squareCorrection());
        }
        if (covariates != null) {
            covariates.update(sums.ofRows(), PaeSums.ofCovariates(problem), countedRows, state);
        }
    }

    private double gramForm(float[] g) {
        double kg = 0;
        for (int i = 0; i < r * r; i++) {
            kg += (double) k[i] * g[i];
        }
        return Objective.gramForm(sums.squaredNorm(), PaeSums.hc(sums), kg);
    }

    private void normTask(int worker, int head) {
        headNorms[head] = state.squaredNorm(head, q, countedRows);
    }

    private void updateTask(int worker, int slice) {
        int from = slice * sliceFeatures;
        int width = Math.min(sliceFeatures, stride - from);
        int to = Math.min(m, from + width);
        if (weighted != null) {
            weighted.divideFeatures(q, from, to - from, stride, columns);
        }
        float[] product = wk[worker];
        decoderProduct(from, width, product);
        state.updateSlice(from, from + width, q, product, sliceFeatures, countedRows);
        multiplyFeatures(from, to);
        session.weightsChanged(from, to);
    }

    /** (Wf·K)ᵀ of a slice; of counts Σ h, the same for all features. */
    private void decoderProduct(int from, int width, float[] product) {
        for (int j = 0; counts != null && j < r; j++) {
            float sum = (float) PaeSums.coefficients(sums, firstUnits, j);
            Arrays.fill(product, j * sliceFeatures, j * sliceFeatures + width, sum);
        }
        if (counts != null) {
            return;
        }
        // (Wf·K)ᵀ = K·Wfᵀ, as K is symmetric
        gemm.multiply(
                false,
                false,
                r,
                width,
                r,
                k,
                0,
                r,
                state.weights(),
                state.decoder() + from,
                stride,
                false,
                product,
                0,
                sliceFeatures);
    }
}
