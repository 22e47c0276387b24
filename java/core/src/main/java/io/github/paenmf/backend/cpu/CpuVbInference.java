package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.CovariatePrior;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.VbInference;
import io.github.paenmf.backend.VbPriors;
import io.github.paenmf.backend.VbRowPosterior;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.VbParameters;
import java.util.Arrays;
import java.util.stream.IntStream;

/** What a fitted variational NMF computes on data, on the CPU. */
public final class CpuVbInference extends CpuInference implements VbInference {

    /** Rows are dropped when one in so many is done: a copy of those that stay costs less than sweeps over the others. */
    private static final int DROPPED = 8;

    /** A row of counts takes about so many times the work of its product with W. */
    private static final int POISSON_SWEEPS = 100;

    private final FittedVb model;
    /** With components as long as prior means of H of 1 ask for: what sweeps go by. */
    private final VbParameters unit;

    private final CpuRuntime runtime;
    private final PosteriorSweep sweep;
    private final int m;
    private final int r;
    private final float scale;
    private final VbRowPosterior posterior;
    private final BetaPosteriors posteriors;
    /** E[WᵀW], r × r. */
    private final float[] gram;

    private final PosteriorParameters prior;
    /** Null where posteriors are exact. */
    private final EncoderNetwork encoder;
    /** Before each of the sweeps after it. */
    private final ConjugateGradient descent;
    /** Sweeps after it. */
    private final int refinement;

    /**
     * @param posterior of the model
     * @param refinement sweeps over each row from where its encoder puts it, or {@link VbInference#EXACT}
     * @param execution gives the threads
     */
    public CpuVbInference(
            FittedVb model, VbRowPosterior posterior, int refinement, CpuRuntime runtime, Execution execution) {
        super(model, runtime, execution);
        this.model = model;
        this.unit = posterior.unit();
        this.runtime = runtime;
        this.m = model.features();
        this.r = model.rank();
        this.scale = (float) (1 / model.dataScale());
        this.sweep = new PosteriorSweep(runtime, r);
        this.posterior = posterior;
        this.posteriors = new BetaPosteriors(posterior, r, runtime);
        this.descent = new ConjugateGradient(posterior, posteriors, r, runtime.gemm());
        this.gram = posterior.gram();
        VbPriors priors = new VbPriors(model.configuration(), m);
        priors.set(unit);
        this.prior = PosteriorParameters.ofCoefficients(priors, scale);
        this.refinement = refinement;
        this.encoder = refinement == EXACT ? null : new EncoderNetwork(model.encoder(), runtime.gemm());
    }

    @Override
    public void project(RowSource data, Matrix target) {
        Projection projection = projection(data, model.parameters());
        forBlocks(data.rows(), threads(data.rows(), r), (worker, first, rows) -> {
            float[] values = target.storage(first);
            int offset = target.offset(first);
            projection.project(data.block(first, rows), values, offset, r);
            for (int i = offset; i < offset + rows * r; i++) {
                values[i] *= scale;
            }
        });
    }

    /** V·W of the raw data. */
    private Projection projection(RowSource data, VbParameters w) {
        return Projection.of(data, r, w.mean(), 0, r, runtime);
    }

    @Override
    public void encode(RowSource data, Matrix lambda, Matrix k, Matrix inclusion) {
        if (model.configuration().isPoisson()) {
            PoissonRows counts = PoissonRows.of(model);
            forBlocks(
                    data.rows(),
                    threads(data.rows(), POISSON_SWEEPS * r),
                    (worker, first, rows) -> counts.encode(data, first, rows, lambda, k));
            return;
        }
        // A sweep is as much work as r features are.
        int threads = threads(data.rows(), r * (1 + r / m));
        Projection projection = projection(data, unit);
        CovariatePrior covariates = CovariatePrior.of(model.covariates(), data.covariates(), unit.effects());
        VbRowPosterior ofRows = posterior.ofRows(covariates);
        if (data.mask() != null) {
            encodeIncomplete(data, covariates, ofRows, projection, threads, lambda, k, inclusion);
            return;
        }
        if (encoder != null) {
            forBlocks(data.rows(), threads, (worker, first, rows) -> {
                float[] c = new float[rows * r];
                projection.project(data.block(first, rows), c, 0, r);
                for (int done = 0; done < rows; done += EncoderNetwork.ROWS) {
                    int count = Math.min(EncoderNetwork.ROWS, rows - done);
                    encode(c, done * r, first + done, count, lambda, k, inclusion);
                }
            });
            return;
        }
        forBlocks(data.rows(), threads, (worker, first, rows) -> {
            float[] c = new float[rows * r];
            projection.project(data.block(first, rows), c, 0, r);
            float[] means = means(c, ids(first, rows), covariates);
            scale(c);
            for (int i = 0; i < rows; i++) {
                ofRows.put(c, means, i * r, first + i, lambda, k, inclusion);
            }
        });
    }

    private static int[] ids(int first, int rows) {
        return IntStream.range(first, first + rows).toArray();
    }

    /**
     * The posteriors of a few rows by the encoder, and the sweeps after it.
     *
     * @param c V·W of the raw data, rows × r from {@code at} on
     */
    private void encode(float[] c, int at, int first, int rows, Matrix lambda, Matrix k, Matrix inclusion) {
        int stride = EncoderNetwork.stride(rows);
        float[] numerators = new float[r * stride];
        ParameterState.transpose(c, at, rows, r, r, numerators, 0, stride);
        float[] scaled = new float[r * stride];
        for (int e = 0; e < scaled.length; e++) {
            scaled[e] = numerators[e] * scale;
        }
        float[] betas = encoder.betas(scaled, stride, rows);
        if (refinement == 0) {
            put(betas, stride, first, rows, lambda, k, inclusion);
            return;
        }
        float[] x = new float[r * stride];
        posteriors.means(betas, stride, rows, x);
        descent.run(scaled, x, stride, rows);
        PosteriorSweep.Scratch scratch = new PosteriorSweep.Scratch(r, stride);
        MatrixView products = new MatrixView(numerators, 0, stride);
        MatrixView moments = new MatrixView(gram, 0, r);
        for (int sweeps = 1; sweeps < refinement; sweeps++) {
            sweep.means(prior, new MatrixView(x, 0, stride), products, moments, rows, scratch);
            descent.run(scaled, x, stride, rows);
        }
        float[] means = new float[rows * r];
        ParameterState.transpose(x, r, rows, stride, means, r);
        float[] ofRows = new float[rows * r];
        ParameterState.transpose(scaled, r, rows, stride, ofRows, r);
        for (int i = 0; i < rows; i++) {
            posterior.sweep(ofRows, means, i * r, first + i, lambda, k, inclusion);
        }
    }

    /**
     * The posteriors of a block by their β.
     *
     * @param betas r × stride
     */
    private void put(float[] betas, int stride, int first, int rows, Matrix lambda, Matrix k, Matrix inclusion) {
        float[] scales = new float[r * stride];
        float[] shapes = new float[r * stride];
        posteriors.distributions(betas, stride, rows, scales, shapes);
        putTransposed(scales, stride, lambda, first, rows);
        putTransposed(shapes, stride, k, first, rows);
        if (inclusion != null) {
            posteriors.inclusions(betas, stride, rows, scales);
            putTransposed(scales, stride, inclusion, first, rows);
        }
    }

    private void putTransposed(float[] values, int stride, Matrix target, int first, int rows) {
        ParameterState.transpose(values, 0, r, rows, stride, target.storage(first), target.offset(first), r);
    }

    /** Rows with missing entries go one by one, each to the same end as it would in a fit. */
    private void encodeIncomplete(
            RowSource data,
            CovariatePrior covariates,
            VbRowPosterior ofRows,
            Projection projection,
            int threads,
            Matrix lambda,
            Matrix k,
            Matrix inclusion) {
        Mask mask = data.mask();
        OtherFactor weights = weights();
        IncompleteSweep incomplete = new IncompleteSweep(sweep, runtime, r, mask);
        MatrixView gramView = new MatrixView(gram, 0, r);
        forBlocks(data.rows(), threads, (worker, first, rows) -> {
            float[] c = new float[rows * r];
            projection.project(data.block(first, rows), c, 0, r);
            IncompleteSweep.Scratch room = new IncompleteSweep.Scratch(r, 0, null);
            float[] numerator = new float[r];
            float[] x = new float[r];
            encodeComplete(mask, first, rows, c, covariates, ofRows, lambda, k, inclusion);
            PosteriorParameters parameters = prior(1, covariates);
            for (int i = 0; i < rows; i++) {
                if (mask.missing(first + i) == 0) {
                    continue;
                }
                System.arraycopy(c, i * r, numerator, 0, r);
                if (covariates != null) {
                    int[] setting = {covariates.setting(first + i)};
                    parameters.rows().set(prior.priorMean(), covariates, setting, 1);
                }
                ObservedEntries entries =
                        incomplete.converge(parameters, first + i, numerator, x, weights, gramView, room);
                scale(numerator);
                for (int j = 0; j < r; j++) {
                    double product = numerator[j] - entries.others(j, x);
                    ofRows.put(product, Math.max(0, entries.norm(j)), j, first + i, lambda, k, inclusion);
                }
            }
        });
    }

    /** The rows of a block that have no missing entries, all at once. */
    private void encodeComplete(
            Mask mask,
            int first,
            int rows,
            float[] c,
            CovariatePrior covariates,
            VbRowPosterior ofRows,
            Matrix lambda,
            Matrix k,
            Matrix inclusion) {
        int[] complete = IntStream.range(0, rows)
                .filter(i -> mask.missing(first + i) == 0)
                .toArray();
        if (complete.length == 0) {
            return;
        }
        float[] numerators = new float[complete.length * r];
        for (int l = 0; l < complete.length; l++) {
            System.arraycopy(c, complete[l] * r, numerators, l * r, r);
        }
        int[] ids = Arrays.stream(complete).map(i -> first + i).toArray();
        float[] means = means(numerators, ids, covariates);
        scale(numerators);
        for (int l = 0; l < complete.length; l++) {
            ofRows.put(numerators, means, l * r, ids[l], lambda, k, inclusion);
        }
    }

    private void scale(float[] products) {
        for (int i = 0; i < products.length; i++) {
            products[i] *= scale;
        }
    }

    /** The posterior of W, one row per component. */
    private OtherFactor weights() {
        float[] means = new float[r * m];
        float[] variances = new float[r * m];
        ParameterState.transpose(unit.mean(), m, r, r, means, m);
        ParameterState.transpose(unit.variance(), m, r, r, variances, m);
        return OtherFactor.of(new MatrixView(means, 0, m), new MatrixView(variances, 0, m));
    }

    /**
     * The means of the coefficients of some rows. Each is that after the first sweep that changed none of the row's by
     * more than the bound, which depends on no other row.
     *
     * @param c V·W of the raw data, rows × r
     * @param ids which rows of the data they are
     * @param covariates what these make of their priors, or null
     * @return rows × r
     */
    private float[] means(float[] c, int[] ids, CovariatePrior covariates) {
        int rows = ids.length;
        Sweeping work = new Sweeping(ids, covariates);
        ParameterState.transpose(c, rows, r, r, work.numerator, work.stride);
        sweep.coldStart(work.view(work.h), rows, work.view(work.numerator), scale, gram);
        float[] means = new float[rows * r];
        int sweeps = 0;
        while (work.count > 0) {
            work.run();
            sweeps++;
            boolean last = sweeps == VbRowPosterior.MOST_SWEEPS;
            work.measureChanges();
            int left = 0;
            for (int i = 0; i < work.count; i++) {
                boolean isNew = !work.done[i] && (last || work.hasConverged(i));
                work.done[i] |= isNew;
                left += work.done[i] ? 0 : 1;
                for (int j = 0; isNew && j < r; j++) {
                    means[work.rows[i] * r + j] = work.h[j * work.stride + i];
                }
            }
            if (work.count - left >= Math.max(1, work.count / DROPPED)) {
                work.dropDone();
            }
        }
        return means;
    }

    /** With room for the prior means of so many rows, where covariates make these their own. */
    private PosteriorParameters prior(int stride, CovariatePrior covariates) {
        return covariates == null ? prior : prior.withRows(RowPriors.of(r, stride));
    }

    /** Rows that sweeps still go over; those that are done are dropped now and then. */
    private final class Sweeping {

        final int stride;
        /** Which rows they are. */
        final int[] rows;

        final boolean[] done;
        final float[] numerator;
        final float[] h;
        int count;
        private final float[] before;
        /** Of each row: the greatest mean, and the greatest change of one. */
        private final float[] greatest;

        private final float[] change;
        private final PosteriorSweep.Scratch scratch;
        private final PosteriorParameters parameters;

        Sweeping(int[] ids, CovariatePrior covariates) {
            int rowCount = ids.length;
            stride = CpuLayout.stride(rowCount);
            rows = new int[rowCount];
            Arrays.setAll(rows, i -> i);
            done = new boolean[rowCount];
            numerator = new float[r * stride];
            h = new float[r * stride];
            before = new float[h.length];
            greatest = new float[rowCount];
            change = new float[rowCount];
            scratch = new PosteriorSweep.Scratch(r, stride);
            count = rowCount;
            parameters = prior(stride, covariates);
            if (covariates != null) {
                int[] settings = Arrays.stream(ids).map(covariates::setting).toArray();
                parameters.rows().set(prior.priorMean(), covariates, settings, rowCount);
            }
        }

        MatrixView view(float[] values) {
            return new MatrixView(values, 0, stride);
        }

        void run() {
            System.arraycopy(h, 0, before, 0, h.length);
            sweep.means(parameters, view(h), view(numerator), new MatrixView(gram, 0, r), count, scratch);
        }

        /** Component by component, as the means lie. */
        void measureChanges() {
            Arrays.fill(greatest, 0, count, 0f);
            Arrays.fill(change, 0, count, 0f);
            for (int j = 0; j < r; j++) {
                measureChanges(j * stride);
            }
        }

        private void measureChanges(int component) {
            for (int i = 0; i < count; i++) {
                float mean = h[component + i];
                greatest[i] = Math.max(greatest[i], mean);
                change[i] = Math.max(change[i], Math.abs(mean - before[component + i]));
            }
        }

        boolean hasConverged(int row) {
            return change[row] <= VbRowPosterior.CONVERGED * greatest[row];
        }

        void dropDone() {
            int kept = 0;
            for (int i = 0; i < count; i++) {
                if (done[i]) {
                    continue;
                }
                rows[kept] = rows[i];
                done[kept] = false;
                if (parameters.rows() != null) {
                    parameters.rows().copy(parameters.rows(), i, kept, r);
                }
                for (int j = 0; j < r; j++) {
                    numerator[j * stride + kept] = numerator[j * stride + i];
                    h[j * stride + kept] = h[j * stride + i];
                }
                kept++;
            }
            count = kept;
        }
    }
}
