package io.github.paenmf.cli;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.cli.AlgorithmOptions.Start;
import io.github.paenmf.cli.TrainingCommand.Training;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.TrainOn;
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
        return deterministic ? OF_DISTRIBUTIONS : Set.of();
    }

    @Override
    public boolean startsFrom(Start start) {
        return start != Start.NNDSVD;
    }

    @Override
    public Training prepare(CommandLine commandLine, int rank, TrainingOptions training, Start start) {
        PaeNmf.Builder builder = PaeNmf.builder();
        training.applyTo(builder, builder.build().configuration());
        builder.init(start == Start.NMF ? Init.NMF : Init.RANDOM);
        if (deterministic) {
            builder.trainOn(TrainOn.SCALE).kl(false);
        }
        Settings.apply(commandLine, builder.rank(rank)::build);
        return (data, listener) -> builder.listener(listener).build().fit(data);
    }
}
