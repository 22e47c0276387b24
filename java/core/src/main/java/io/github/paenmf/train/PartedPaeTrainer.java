package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.Warning;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Initialiser;
import java.util.ArrayList;
import java.util.List;

/** Fits of PAE-NMF to rows in parts, a full batch a step: it updates, and leaves all rows to the parts. */
public final class PartedPaeTrainer {

    private final PaeConfiguration configuration;
    private final Execution execution;
    private final FitListener listener;

    public PartedPaeTrainer(PaeConfiguration configuration, Execution execution, FitListener listener) {
        this.configuration = configuration;
        this.execution = execution;
        this.listener = listener;
    }

    /**
     * Trains from random parameters.
     *
     * @throws DataException if the data cannot be factorised
     */
    public PaeTrainer.Result fit(PartedRows rows) {
        PartTotals totals = rows.totals();
        if (totals.least() < 0) {
            throw new DataException("a value is " + totals.least() + "; values must be at least 0");
        }
        PaeConfiguration c = configuration;
        int m = totals.features();
        DataStatistics statistics = DataStatistics.ofSums(
                c.isPoisson() ? 1 : 0, totals.columnSums(), totals.squaredNorm(), totals.greatest(), totals.weight());
        double scale = statistics.scale();
        double inputScale = c.isPoisson() ? statistics.rootMeanSquare() : scale;
        PaeParameters initial = Initialiser.parameters(c, statistics);
        List<Warning> warnings = new ArrayList<>(totals.warnings(c.rank(), c.likelihood()));
        Progress progress = PaeTrainer.progress(c, m, listener, System::nanoTime);
        // No row is here: what the solver has room for says how many threads an update is worth.
        PaeProblem problem = new PaeProblem(
                c,
                Matrix.ROW_ALIGNMENT,
                m,
                scale,
                inputScale,
                Initialiser.rates(c, statistics),
                false,
                null,
                Weights.NONE,
                new PaeProblem.Part(null, totals.weight() / totals.rows()));
        Rounding rounding = Rounding.ofParts(totals, scale, c.rank(), execution);
        double ofGramForm = c.isPoisson() || c.learnsSigma()
                ? 0
                : rounding.per(2 * c.sigma() * c.sigma() * totals.weight()).ofGramForm();
        PaeParameters parameters;
        String description;
        try (Solver<PaeParameters> solver = Backends.open(PartedVbTrainer.here(execution), problem)) {
            description = solver.description();
            solver.setParameters(initial);
            PaePart part = new PaePart(c, scale, inputScale);
            PartedEpochs epochs =
                    new PartedEpochs(solver, rows, part, totals.constantOfObjective(scale, c.likelihood()));
            TrainingLoop<PaeParameters> loop = new TrainingLoop<>(solver, epochs, progress, System::nanoTime);
            if (c.isPoisson()) {
                loop.withRounding(Rounding.ofCounts(totals, c.rank()));
            } else if (c.learnsSigma()) {
                loop.withRounding(rounding.ofElbo(m, totals.weight(), 0));
            } else {
                loop.withRounding(objective -> ofGramForm);
            }
            parameters = loop.run(initial, c.epochs());
        }
        PaeTrainer.multiply(parameters, PaeTrainer.inputUnit(problem), Weights.NONE);
        warnings.addAll(progress.warnings());
        FittedPae model = new FittedPae(c, parameters, scale, rows.columnNames(), progress.history(), 0, warnings);
        return new PaeTrainer.Result(model, description);
    }
}
