package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Inference;
import io.github.paenmf.backend.VbInference;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.NoiseKind;
import io.github.paenmf.model.NoiseVariance;
import io.github.paenmf.model.VbIntervals;
import io.github.paenmf.model.Warning;
import io.github.paenmf.vb.CountIntervals;
import io.github.paenmf.vb.FactorRows;
import io.github.paenmf.vb.IncompleteIntervals;
import io.github.paenmf.vb.ModelIntervals;
import io.github.paenmf.vb.Parallel;
import io.github.paenmf.vb.VarianceFit;
import io.github.paenmf.vb.VarianceFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/** What a fit's own rows tell of intervals, once, after its last epoch. */
final class IntervalFit {

    private static final int BLOCK_ROWS = Matrix.ROW_ALIGNMENT;
    /** About so many entries tell the three numbers of the noise's variance; of more, some blocks of rows are taken. */
    private static final int VARIANCE_ENTRIES = 1 << 26;
    /** Probability of the intervals that should hold the weights of the fit. */
    private static final double LEVEL = 0.9;
    /**
     * Share of the weights of the fit above which intervals by the rotation that hold none of them are not chosen. Counts
     * have a wider one: means of a mean-field fit of counts are off by one to two deviations of the posterior where few
     * features are fitted to many rows, and intervals by the rotation hold the truth there, not the means.
     */
    private static final double MOST_OUTSIDE = 1 - LEVEL;

    private static final double MOST_OUTSIDE_OF_COUNTS = 0.5;
    /** Features whose products one thread makes. */
    private static final int SLICE_FEATURES = 64;

    private IntervalFit() {}

    /** The model with its intervals, and a warning where they are uncertain. */
    static FittedVb of(FittedVb model, RowSource data, Execution execution) {
        if (model.configuration().intervals() == IntervalMethod.MEAN_FIELD) {
            return model; // its posteriors are all that they take
        }
        int n = data.rows();
        int r = model.rank();
        try (VbInference inference = Backends.openInference(execution, model)) {
            Matrix lambda = Matrix.zeros(n, r);
            Matrix k = Matrix.zeros(n, r);
            Matrix inclusion = model.parameters().zeros() ? Matrix.zeros(n, r) : null;
            inference.encode(data, lambda, k, inclusion);
            if (model.configuration().isPoisson()) {
                return ofCounts(model, data, CountIntervals.rows(lambda, k), inference::forEach);
            }
            Matrix projection = Matrix.zeros(n, r);
            inference.project(data, projection);
            FactorRows h = ModelIntervals.rows(lambda, k, inclusion, projection);
            Parallel parallel = inference::forEach;
            double[] q = projectTransposed(data, h, model.dataScale(), parallel);
            if (data.mask() != null) {
                return ofIncomplete(model, data.mask(), h, q, parallel);
            }
            IntervalMethod asked = model.configuration().intervals();
            IntervalMethod usual = ModelIntervals.resolve(asked, n, model.features(), r);
            IntervalMethod method = resolve(model, IntervalMethod.JOINT, usual);
            VarianceFit.Result noise = noise(model, data, h, inference);
            ModelIntervals maker = new ModelIntervals(model);
            VbIntervals intervals = maker.fit(method, h, q, noise, parallel);
            return around(
                    model,
                    intervals,
                    MOST_OUTSIDE,
                    parallel,
                    () -> maker.fit(IntervalMethod.JOINT, h, q, noise, parallel));
        }
    }

    /**
     * The model with its intervals; with others where those by the rotation are around other factors than those of the
     * fit, and the method was to be chosen.
     *
     * @param most share of the weights of the fit outside of their intervals with which these are chosen
     */
    private static FittedVb around(
            FittedVb model, VbIntervals made, double most, Parallel parallel, Supplier<VbIntervals> withoutRotation) {
        boolean byRotation = made.method() == IntervalMethod.ROTATION || made.method() == IntervalMethod.SAMPLED;
        if (!byRotation) { // the others are around the fit by construction
            return model.with(made, warnings(model, made));
        }
        double outside = new ModelIntervals(model.with(made, model.warnings())).shareOutside(LEVEL, parallel);
        if (outside <= MOST_OUTSIDE) {
            return model.with(made, warnings(model, made));
        }
        boolean chosen = model.configuration().intervals() == IntervalMethod.AUTO;
        VbIntervals intervals = chosen && outside > most ? withoutRotation.get() : made;
        List<Warning> warnings = warnings(model, intervals);
        warnings.add(rotatedElsewhere(outside, intervals.method()));
        return model.with(intervals, warnings);
    }

    /**
     * What the method comes to where weights are known, and cannot be turned; or where rows have priors of their own, by
     * covariates, of which the rotation knows nothing.
     *
     * @param withoutRotation what is chosen where the rotation does not do
     * @param usual what is chosen where none is known
     */
    private static IntervalMethod resolve(FittedVb model, IntervalMethod withoutRotation, IntervalMethod usual) {
        boolean alike = model.fixedComponents() == 0 && model.covariates().isNone();
        if (alike || model.configuration().intervals() != IntervalMethod.AUTO) {
            return usual;
        }
        return model.fixedComponents() == model.rank() ? IntervalMethod.CONDITIONAL : withoutRotation;
    }

    private static FittedVb ofCounts(FittedVb model, RowSource data, FactorRows h, Parallel parallel) {
        int n = data.rows();
        int m = model.features();
        CountIntervals maker = new CountIntervals(model);
        IntervalMethod asked = model.configuration().intervals();
        IntervalMethod other = CountIntervals.withoutRotation(n, m, model.rank());
        IntervalMethod method = resolve(model, other, CountIntervals.resolve(asked, n, m, model.rank()));
        VbIntervals made = maker.fit(method, h, data, parallel);
        FittedVb result =
                around(model, made, MOST_OUTSIDE_OF_COUNTS, parallel, () -> maker.fit(other, h, data, parallel));
        return saying(result, asked, made);
    }

    /** Vᵀ·H in units of the scaled data, m × r: each thread has features of its own, and goes through the rows in order. */
    private static double[] projectTransposed(RowSource data, FactorRows h, double scale, Parallel parallel) {
        int m = data.columns();
        int r = h.rank();
        double[] q = new double[m * r];
        parallel.run((m - 1) / SLICE_FEATURES + 1, slice -> {
            int from = slice * SLICE_FEATURES;
            int end = Math.min(m, from + SLICE_FEATURES);
            int[] columns = new int[end - from];
            float[] values = new float[end - from];
            for (int i = 0; i < data.rows(); i++) {
                int count = data.copyNonzeros(i, from, end, columns, values);
                for (int l = 0; l < count; l++) {
                    double v = values[l] / scale;
                    for (int j = 0; j < r; j++) {
                        q[columns[l] * r + j] += v * h.mean()[i * r + j];
                    }
                }
            }
        });
        return q;
    }

    /** The noise's variance by the fitted value, in units of the scaled data. */
    private static VarianceFit.Result noise(FittedVb model, RowSource data, FactorRows h, Inference inference) {
        double variance = model.parameters().squaredSigma();
        VarianceFit.Result constant = constant(variance);
        if (model.configuration().noise() == NoiseVariance.CONSTANT) {
            return constant;
        }
        int n = data.rows();
        int m = data.columns();
        double mean = meanOfReconstruction(model, h);
        if (!(mean > 0)) {
            return constant;
        }
        VarianceFit total = new VarianceFit(mean);
        int blocks = (n - 1) / BLOCK_ROWS + 1;
        int every = (int) Math.min(blocks, ((long) n * m - 1) / VARIANCE_ENTRIES + 1);
        float[] values = new float[m];
        float[] fitted = new float[m];
        Matrix decoded = null;
        for (int block = 0; block < blocks; block += every) {
            int first = block * BLOCK_ROWS;
            int rows = Math.min(BLOCK_ROWS, n - first);
            Matrix means = Matrix.zeros(rows, h.rank());
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < h.rank(); j++) {
                    means.storage(i)[means.offset(i) + j] = (float) h.mean()[(first + i) * h.rank() + j];
                }
            }
            if (decoded == null || decoded.rows() != rows) {
                decoded = Matrix.zeros(rows, m);
            }
            inference.decode(means, decoded);
            for (int i = 0; i < rows; i++) {
                data.copyRow(first + i, values, 0);
                for (int f = 0; f < m; f++) {
                    values[f] = (float) (values[f] / model.dataScale());
                    fitted[f] = (float) (decoded.get(i, f) / model.dataScale());
                }
                total.add(values, fitted, 0, m);
            }
        }
        return total.fit(variance);
    }

    private static VarianceFit.Result constant(double variance) {
        return new VarianceFit.Result(VarianceFunction.constant(variance), NoiseKind.CONSTANT);
    }

    private static FittedVb ofIncomplete(FittedVb model, Mask mask, FactorRows h, double[] q, Parallel parallel) {
        IntervalMethod asked = model.configuration().intervals();
        IntervalMethod usual = IncompleteIntervals.resolve(asked, mask.rows(), mask.columns(), model.rank());
        IntervalMethod method = resolve(model, IntervalMethod.JOINT, usual);
        IncompleteIntervals maker = new IncompleteIntervals(model);
        VbIntervals made = maker.fit(method, h, mask, q, parallel);
        FittedVb result = around(
                model, made, MOST_OUTSIDE, parallel, () -> maker.fit(IntervalMethod.JOINT, h, mask, q, parallel));
        return saying(result, asked, made);
    }

    /** What to say where the rotation was asked for by name, and there is none. */
    private static FittedVb saying(FittedVb result, IntervalMethod asked, VbIntervals made) {
        boolean byName = asked == IntervalMethod.ROTATION || asked == IntervalMethod.SAMPLED;
        if (!byName || made.method() == asked) {
            return result;
        }
        List<Warning> warnings = new ArrayList<>(result.warnings());
        warnings.add(new Warning(
                Warning.Code.UNCERTAIN_INTERVALS,
                "too many entries are missing: hardly any rows or features have two for each component, which"
                        + " intervals by the rotation need; they are by linear response (joint)."));
        return result.with(made, warnings);
    }

    private static double meanOfReconstruction(FittedVb model, FactorRows h) {
        int r = h.rank();
        double total = 0;
        for (int j = 0; j < r; j++) {
            double coefficients = 0;
            for (int i = 0; i < h.rows(); i++) {
                coefficients += h.mean()[i * r + j];
            }
            double weights = 0;
            for (int f = 0; f < model.features(); f++) {
                weights += model.basis(f, j);
            }
            total += coefficients * weights;
        }
        return total / ((double) h.rows() * model.features());
    }

    private static Warning rotatedElsewhere(double outside, IntervalMethod method) {
        String fact = String.format(
                Locale.ROOT,
                "the data leave open how the factors are turned against each other, and the prior prefers another turn"
                        + " than the fit has: %.0f %% of the weights of the fit lie outside of their %.0f %% intervals"
                        + " by the rotation",
                100 * outside,
                100 * LEVEL);
        return new Warning(
                Warning.Code.ROTATED_ELSEWHERE,
                method == IntervalMethod.JOINT || method == IntervalMethod.CONDITIONAL
                        ? fact + "; intervals are those around the fit ("
                                + method.name().toLowerCase(Locale.ROOT) + ")."
                        : fact + "; --intervals joint has those around the fit.");
    }

    private static List<Warning> warnings(FittedVb model, VbIntervals intervals) {
        List<Warning> warnings = new ArrayList<>(model.warnings());
        if (intervals.effectiveSize() > 0 && intervals.effectiveSize() < VbIntervals.LEAST_EFFECTIVE_SIZE) {
            warnings.add(new Warning(
                    Warning.Code.UNCERTAIN_INTERVALS,
                    String.format(
                            Locale.ROOT,
                            "intervals are uncertain: the draws of the rotation are worth %.0f independent ones,"
                                    + " fewer than %d; --intervals rotation does without.",
                            intervals.effectiveSize(),
                            VbIntervals.LEAST_EFFECTIVE_SIZE)));
        }
        return warnings;
    }
}
