package io.github.paenmf.train;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.CheckpointStore;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.GivenFactors;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfInit;

/**
 * Fits of standard NMF, beside each other.
 *
 * @param configuration except for the seed
 * @param given where they start, as {@link NmfTrainer} takes it; or null
 * @param weights of rows and features; of features alone where rows are drawn anew
 * @param checkpoints of the fit that makes the model; or null
 */
public record NmfFits(NmfConfiguration configuration, GivenFactors given, Weights weights, CheckpointStore checkpoints)
        implements Replicator.Fits<NmfTrainer.Result> {

    @Override
    public NmfTrainer.Result fit(RowSource data, long seed, Execution execution, FitListener listener) {
        return trainer(seed, execution, listener).withCheckpoints(checkpoints).fit(data, weights);
    }

    @Override
    public Replicator.Parts parts(RowSource data, long seed, Execution execution, FitListener listener) {
        return of(trainer(seed, execution, listener).withoutExamination().fit(data, weights));
    }

    private NmfTrainer trainer(long seed, Execution execution, FitListener listener) {
        NmfConfiguration c = configuration.with(configuration.epochs(), configuration.init(), seed);
        return new NmfTrainer(c, given, execution, listener);
    }

    /** Keeps the basis; its coefficients are learned. */
    @Override
    public NmfTrainer.Result fit(RowSource data, Matrix basis, Execution execution, FitListener listener) {
        NmfConfiguration c = configuration.with(configuration.epochs(), NmfInit.GIVEN, configuration.seed());
        return new NmfTrainer(c, factors(basis, true), execution, listener).fit(data, weights);
    }

    @Override
    public Replicator.Parts goOn(NmfTrainer.Result fit, RowSource rows, Execution execution, FitListener listener) {
        NmfConfiguration c = configuration.with(configuration.epochs(), NmfInit.GIVEN, configuration.seed());
        return of(new NmfTrainer(c, factors(of(fit).basis(), false), execution, listener)
                .withoutExamination()
                .fit(rows, weights));
    }

    /** A basis has the roots of the weights of features; one that is given has not. */
    private GivenFactors factors(Matrix basis, boolean fixed) {
        double[] roots = weights.rootsOfFeatures(basis.rows());
        return new GivenFactors(basis, null, fixed).divided(f -> roots[f]);
    }

    @Override
    public Replicator.Parts of(NmfTrainer.Result fit) {
        FittedNmf model = fit.model();
        Matrix basis = Matrix.zeros(model.features(), model.rank());
        double[] amounts = new double[model.rank()];
        for (int j = 0; j < model.rank(); j++) {
            for (int f = 0; f < basis.rows(); f++) {
                basis.storage(f)[basis.offset(f) + j] = (float) (model.basis(f, j) * model.dataScale());
            }
            for (int i = 0; i < fit.h().rows(); i++) {
                amounts[j] += (double) fit.h().get(i, j) / fit.h().rows();
            }
        }
        return new Replicator.Parts(basis, amounts, model.history());
    }
}
