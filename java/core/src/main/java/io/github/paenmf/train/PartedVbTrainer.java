package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbInit;
import io.github.paenmf.model.VbIntervals;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.model.Warning;
import io.github.paenmf.train.steps.DataStatistics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Fits of variational NMF to rows in parts: it updates, and leaves all rows to the parts. */
public final class PartedVbTrainer {

    private final VbConfiguration configuration;
    private final Execution execution;
    private final FitListener listener;

    public PartedVbTrainer(VbConfiguration configuration, Execution execution, FitListener listener) {
        this.configuration = configuration;
        this.execution = execution;
        this.listener = listener;
    }

    /**
     * Trains from fresh parameters.
     *
     * @return whose intervals are mean-field
     * @throws DataException if the data cannot be factorised
     */
    public VbTrainer.Result fit(PartedRows rows) {
        PartTotals totals = rows.totals();
        int m = totals.features();
        double entries = totals.weight() * m;
        double rms = DataStatistics.rootMeanSquare(totals.squaredNorm(), entries);
        double scale = configuration.isPoisson() ? 1 : rms;
        VbParameters initial = initial(rows, totals, scale);
        List<Warning> warnings = new ArrayList<>(totals.warnings(configuration.rank(), configuration.likelihood()));
        Progress progress = Progress.ofElbo(
                configuration.epochs(),
                configuration.tolerance(),
                configuration.patience(),
                m,
                listener,
                System::nanoTime);
        VbPart part = new VbPart(configuration, scale, totals.weight());
        // No row is here: what the solver has room for says how many threads an update is worth.
        VbProblem problem = new VbProblem(
                configuration, Matrix.ROW_ALIGNMENT, m, scale, false, null, Weights.NONE, 0, totals.weight());
        VbParameters parameters;
        String description;
        try (Solver<VbParameters> solver = Backends.openVb(here(execution), problem)) {
            description = solver.description();
            solver.setParameters(initial);
            PartedEpochs epochs =
                    new PartedEpochs(solver, rows, part, totals.constantOfObjective(scale, configuration.likelihood()));
            parameters = new TrainingLoop<>(solver, epochs, progress, System::nanoTime)
                    .withRounding(
                            configuration.isPoisson()
                                    ? Rounding.ofCounts(totals, configuration.rank())
                                    : Rounding.ofParts(totals, scale, configuration.rank(), execution)
                                            .ofElbo(m, totals.weight(), configuration.sigma()))
                    .run(initial, configuration.epochs());
        }
        warnings.addAll(progress.warnings());
        warnings.addAll(VbTrainer.ofZeros(configuration, progress, initial, progress.epochs()));
        FittedVb model = new FittedVb(
                configuration,
                parameters,
                scale,
                rows.columnNames(),
                progress.history(),
                0,
                VbIntervals.none(parameters),
                warnings);
        return new VbTrainer.Result(model, description);
    }

    /** Where the update runs. */
    static Execution here(Execution execution) {
        return Backends.onCpu(execution, "the update of a fit to rows in parts");
    }

    /** From the rows that are given for it; at random where they have nothing but zeros. */
    private VbParameters initial(PartedRows rows, PartTotals totals, double scale) {
        RowSource start = configuration.init() == VbInit.RANDOM ? null : rows.start();
        if (start != null
                && PartTotals.of(start, Weights.NONE, configuration.likelihood())
                                .squaredNorm()
                        > 0) {
            DataStatistics statistics = DataStatistics.ofFinite(start, scale, Weights.NONE);
            return VbInitialiser.parameters(configuration, start, statistics, execution);
        }
        double[] means = Arrays.stream(totals.columnSums())
                .map(sum -> sum / totals.weight() / scale)
                .toArray();
        return VbInitialiser.atRandom(configuration, means);
    }
}
