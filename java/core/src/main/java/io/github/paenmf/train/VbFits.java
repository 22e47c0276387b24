package io.github.paenmf.train;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.FittedCovariates;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.CheckpointStore;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.GivenFactors;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbInit;
import java.util.Arrays;

/**
 * Fits of variational NMF, beside each other.
 *
 * @param configuration except for the seed
 * @param given where they start, as {@link VbTrainer} takes it; or null
 * @param covariates how those of the data are coded
 * @param checkpoints of the fit that makes the model; or null
 */
public record VbFits(
        VbConfiguration configuration,
        GivenFactors given,
        Weights weights,
        FittedCovariates covariates,
        CheckpointStore checkpoints)
        implements Replicator.Fits<VbTrainer.Result> {

    @Override
    public VbTrainer.Result fit(RowSource data, long seed, Execution execution, FitListener listener) {
        return trainer(seed, configuration.intervals(), execution, listener)
                .withCheckpoints(checkpoints)
                .fit(data, weights, given);
    }

    @Override
    public Replicator.Parts parts(RowSource data, long seed, Execution execution, FitListener listener) {
        return of(trainer(seed, IntervalMethod.MEAN_FIELD, execution, listener).fit(data, weights, given));
    }

    private VbTrainer trainer(long seed, IntervalMethod intervals, Execution execution, FitListener listener) {
        VbConfiguration c = configuration.with(configuration.epochs(), configuration.init(), intervals, seed);
        return new VbTrainer(c, execution, listener).withCovariates(covariates);
    }

    /** Starts from the basis: a posterior is of parts that go on learning. */
    @Override
    public VbTrainer.Result fit(RowSource data, Matrix basis, Execution execution, FitListener listener) {
        VbConfiguration c = configuration.with(
                configuration.epochs(), VbInit.GIVEN, configuration.intervals(), configuration.seed());
        double[] roots = weights.rootsOfFeatures(basis.rows());
        GivenFactors start = new GivenFactors(basis, null, false).divided(f -> roots[f]);
        return new VbTrainer(c, execution, listener).withCovariates(covariates).fit(data, weights, start);
    }

    @Override
    public Replicator.Parts goOn(VbTrainer.Result fit, RowSource rows, Execution execution, FitListener listener) {
        VbConfiguration c = configuration.with(
                configuration.epochs(), configuration.init(), IntervalMethod.MEAN_FIELD, configuration.seed());
        return of(new VbTrainer(c, execution, listener).update(fit.model(), rows));
    }

    /** The prior mean of coefficients that are not 0 is 1. */
    @Override
    public Replicator.Parts of(VbTrainer.Result fit) {
        FittedVb model = fit.model();
        Matrix basis = Matrix.zeros(model.features(), model.rank());
        for (int f = 0; f < basis.rows(); f++) {
            for (int j = 0; j < model.rank(); j++) {
                basis.storage(f)[basis.offset(f) + j] = (float) (model.basis(f, j) * model.dataScale());
            }
        }
        double[] amounts = model.parameters().coefficientInclusion().clone();
        if (!model.parameters().zeros()) {
            Arrays.fill(amounts, 1);
        }
        return new Replicator.Parts(basis, amounts, model.history());
    }
}
