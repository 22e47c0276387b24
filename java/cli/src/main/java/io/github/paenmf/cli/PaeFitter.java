package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.cli.AlgorithmOptions.Start;
import io.github.paenmf.cli.TrainingCommand.Training;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.TrainOn;
import java.util.HashSet;
import java.util.Set;
import picocli.CommandLine;

/**
 * Probabilistic NMF and the autoencoder.
 *
 * @param deterministic whether coefficients are numbers
 */
record PaeFitter(boolean deterministic) implements Fitter {

    /** Of the coefficients' distributions; without KL, σ scales the objective and nothing else. */
    static final Set<String> OF_DISTRIBUTIONS =
            Set.of("--sigma", "--shape-min", "--prior-shape", "--prior-scale", "--kl", "--train-on");

    @Override
    public Set<String> withoutEffect() {
        Set<String> options = new HashSet<>(VbFitter.OF_VARIATIONAL);
        options.addAll(PenaltyOptions.OPTIONS);
        options.add("--beta");
        options.add(AlgorithmOptions.NORMALISE);
        options.addAll(Set.of(GivenOptions.INIT_COEFFICIENTS, GivenOptions.FIX_BASIS));
        options.addAll(ReplicationOptions.OPTIONS);
        options.add(TrainingOptions.FORGET_FACTOR);
        if (deterministic) {
            options.addAll(OF_DISTRIBUTIONS);
            options.add(CovariateOptions.COVARIATES); // there is no prior
        }
        return options;
    }

    @Override
    public boolean startsFrom(Start start) {
        return start == Start.RANDOM || start == Start.NMF || (start == Start.VB && !deterministic);
    }

    @Override
    public Training prepare(
            CommandLine commandLine,
            int rank,
            TrainingOptions training,
            Scaling scaling,
            WeightOptions weights,
            Start start) {
        PaeNmf.Builder builder = PaeNmf.builder();
        training.applyTo(builder, builder.build().configuration());
        if (start != null) {
            builder.init(init(start));
        }
        if (deterministic) {
            builder.trainOn(TrainOn.SCALE).kl(false);
        }
        Settings.apply(commandLine, builder.rank(rank).scaling(scaling)::build);
        return (data, listener) -> Settings.apply(
                commandLine, () -> builder.listener(listener).build().fit(data, weights.weights()));
    }

    private static Init init(Start start) {
        return switch (start) {
            case RANDOM -> Init.RANDOM;
            case NMF -> Init.NMF;
            case VB -> Init.VB;
            case NNDSVD, NNDSVDA, NNDSVDAR -> throw new IllegalArgumentException("pae does not start from " + start);
        };
    }

    @Override
    public Training prepareUpdate(CommandLine commandLine, FactorisationModel model, TrainingOptions training) {
        PaeNmfModel previous = (PaeNmfModel) model;
        training.requireLikelihood(previous.configuration().likelihood());
        PaeNmf.Builder builder = PaeNmf.builder().configuration(previous.configuration());
        training.applyTo(builder, previous.configuration());
        Settings.apply(commandLine, builder::build);
        return (data, listener) -> Settings.apply(
                commandLine, () -> builder.listener(listener).build().update(previous, data));
    }
}
