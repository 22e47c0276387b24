package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfBackend;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.Warning;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;

/** Epochs and early stopping of standard NMF. */
public final class NmfTrainer {

    private static final Logger LOG = System.getLogger(NmfTrainer.class.getName());

    private final NmfConfiguration configuration;
    private final Execution execution;
    private final FitListener listener;

    public NmfTrainer(NmfConfiguration configuration, Execution execution, FitListener listener) {
        this.configuration = configuration;
        this.execution = execution;
        this.listener = listener;
    }

    /**
     * What came of a fit.
     *
     * @param h coefficients of the training rows as the last epoch left them, n × r
     * @param backend description of the backend that it ran on
     */
    public record Result(FittedNmf model, Matrix h, String backend) {}

    /**
     * Factorises.
     *
     * @param data n × m, not written to
     * @throws DataException if the data cannot be factorised
     */
    public Result fit(Matrix data) {
        DataStatistics statistics = DataStatistics.of(data, 0);
        int n = data.rows();
        List<Warning> warnings = new ArrayList<>(Diagnosis.ofRank(configuration.rank(), n, data.columns()));
        NmfProblem problem = problem(data, statistics, configuration);
        double perSample = 2.0 * n;
        Rounding rounding =
                Rounding.ofNmf(statistics, configuration.rank(), execution).per(perSample);
        Progress progress = new Progress(
                configuration.epochs(),
                configuration.tolerance(),
                configuration.patience(),
                false,
                listener,
                System::nanoTime);
        Matrix w;
        Matrix h;
        String description;
        try (NmfBackend backend = Backends.openNmf(execution, problem)) {
            description = backend.description();
            LOG.log(Level.DEBUG, "training on {0}", description);
            NmfInitialiser.Factors first = NmfInitialiser.factors(configuration, statistics, backend, n);
            backend.setFactors(first.w(), first.h());
            while (progress.goesOn()) {
                Interrupts.check();
                backend.updateH(); //   C = V·W, G = WᵀW; each row of H by itself
                backend.updateW(); //   Q = VᵀH, K = HᵀH; each row of W by itself
                double error = backend.squaredError() / perSample;
                double mayBeOff = rounding.ofGramForm();
                if (rounding.needsResidual(error, configuration.tolerance())) {
                    error = backend.residual() / perSample;
                    mayBeOff = rounding.ofResidual(error);
                }
                progress.add(new Objective(error, 0), mayBeOff);
            }
            w = backend.readW();
            h = backend.readH();
            warnings.addAll(progress.warnings());
            backend.solveH(); // what is dead is judged by the coefficients that the model gives, as a score does
            warnings.addAll(Diagnosis.warnings(Diagnosis.deadComponents(w, backend.readH())));
        }
        FittedNmf model =
                new FittedNmf(configuration, w, statistics.scale(), data.columnNames(), progress.history(), warnings);
        return new Result(model, h, description);
    }

    static NmfProblem problem(Matrix data, DataStatistics statistics, NmfConfiguration configuration) {
        return new NmfProblem(
                data, statistics.scale(), statistics.squaredNorm(), configuration.rank(), configuration.algorithm());
    }
}
