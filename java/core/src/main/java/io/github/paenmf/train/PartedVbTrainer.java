package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.Sums;
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
import io.github.paenmf.train.steps.Interrupts;
import io.github.paenmf.train.steps.Passes;
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
        int leastRows = (int) Math.min(Integer.MAX_VALUE, totals.rows());
        List<Warning> warnings = new ArrayList<>(Diagnosis.ofRank(configuration.rank(), leastRows, m));
        if (configuration.isPoisson()) {
            warnings.addAll(CountStatistics.warnings(totals.fraction()));
        }
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
        Execution here = Backends.onCpu(execution, "the update of a fit to rows in parts");
        try (Solver<VbParameters> solver = Backends.openVb(here, problem)) {
            description = solver.description();
            solver.setParameters(initial);
            Epochs epochs = new Epochs(solver, rows, part, totals);
            parameters = new TrainingLoop<>(solver, epochs, progress, System::nanoTime)
                    .withRounding(
                            configuration.isPoisson()
                                    ? Rounding.ofCounts(
                                            Arrays.stream(totals.columnSums()).sum() / totals.weight(),
                                            configuration.rank())
                                    : Rounding.ofElbo(totals, scale, configuration, execution))
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

    /** An epoch: the parts' sums, and an update. */
    private static final class Epochs implements Passes {

        private final Solver<VbParameters> solver;
        private final PartedRows rows;
        private final VbPart part;
        private final PartTotals totals;

        Epochs(Solver<VbParameters> solver, PartedRows rows, VbPart part, PartTotals totals) {
            this.solver = solver;
            this.rows = rows;
            this.part = part;
            this.totals = totals;
        }

        /** One, since a window that has to be run again is as many passes over all parts. */
        @Override
        public int inFlight() {
            return 1;
        }

        @Override
        public int residualFrom() {
            return Integer.MAX_VALUE;
        }

        @Override
        public void setResidualFrom(int epoch) {
            throw new UnsupportedOperationException("objectives of parts are by the Gram form");
        }

        @Override
        public void run(int first, int count) {
            for (int epoch = first; epoch < first + count; epoch++) {
                Interrupts.check();
                Sums sums = rows.sums(part, solver.rowParameters());
                double scale = part.dataScale();
                boolean poisson = part.configuration().isPoisson();
                sums.addRows(0, poisson ? totals.constants() : totals.squaredNorm() / (scale * scale));
                solver.clearSums();
                solver.addSums(sums);
                solver.update();
            }
        }

        @Override
        public List<Objective> takeObjectives() {
            return solver.takeObjectives();
        }
    }
}
