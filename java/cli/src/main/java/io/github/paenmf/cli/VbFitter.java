package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.cli.AlgorithmOptions.Start;
import io.github.paenmf.cli.TrainingCommand.Training;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.model.VbInit;
import java.util.HashSet;
import java.util.Set;
import picocli.CommandLine;

/** Variational NMF. */
record VbFitter() implements Fitter {

    /** Options that have an effect on it and on none of the others. */
    static final Set<String> OF_VARIATIONAL = Set.of("--zeros", "--intervals", "--noise", EncoderOptions.ENCODER);

    @Override
    public Set<String> withoutEffect() {
        Set<String> options = new HashSet<>(NmfFitter.OF_AUTOENCODERS);
        options.addAll(PaeFitter.OF_DISTRIBUTIONS);
        options.remove("--sigma");
        options.remove(EncoderOptions.HIDDEN);
        options.add(TrainingOptions.FORGET_FACTOR);
        options.addAll(PenaltyOptions.OF_L2);
        options.add("--beta");
        options.add(AlgorithmOptions.NORMALISE);
        options.add(GivenOptions.INIT_COEFFICIENTS);
        return options;
    }

    @Override
    public boolean startsFrom(Start start) {
        return start == Start.RANDOM || start == Start.NMF;
    }

    @Override
    public Training prepare(
            CommandLine commandLine,
            int rank,
            TrainingOptions training,
            Scaling scaling,
            WeightOptions weights,
            Start start) {
        VariationalNmf.Builder builder = VariationalNmf.builder();
        if (start != null) {
            builder.init(start == Start.RANDOM ? VbInit.RANDOM : VbInit.NMF);
        }
        training.applyTo(builder);
        Settings.apply(commandLine, builder.rank(rank).scaling(scaling)::build);
        return (data, listener) -> Settings.apply(
                commandLine, () -> builder.listener(listener).build().fit(data, weights.weights()));
    }

    @Override
    public Training prepareUpdate(CommandLine commandLine, FactorisationModel model, TrainingOptions training) {
        VariationalModel previous = (VariationalModel) model;
        training.requireLikelihood(previous.configuration().likelihood());
        VariationalNmf.Builder builder = VariationalNmf.builder().configuration(previous.configuration());
        training.applyTo(builder);
        Settings.apply(commandLine, builder::build);
        return (data, listener) -> Settings.apply(
                commandLine, () -> builder.listener(listener).build().update(previous, data));
    }
}
