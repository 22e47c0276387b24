package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.Nmf;
import io.github.paenmf.NmfModel;
import io.github.paenmf.cli.AlgorithmOptions.Start;
import io.github.paenmf.cli.TrainingCommand.Training;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfInit;
import java.util.HashSet;
import java.util.Set;
import picocli.CommandLine;

/** Standard NMF, by one of its algorithms. */
record NmfFitter(NmfAlgorithm algorithm) implements Fitter {

    /** Of the encoder, the optimiser and the steps of both; standard NMF has none of them. */
    static final Set<String> OF_AUTOENCODERS = Set.of(
            "--optimiser",
            "--encoder-rate",
            "--bias-rate",
            "--decoder-rate",
            "--step-clip",
            "--lambda-min",
            "--heads",
            EncoderOptions.HIDDEN,
            "--decoder-update");

    @Override
    public Set<String> withoutEffect() {
        Set<String> options = new HashSet<>(OF_AUTOENCODERS);
        options.addAll(PaeFitter.OF_DISTRIBUTIONS);
        options.addAll(VbFitter.OF_VARIATIONAL);
        options.add(CovariateOptions.COVARIATES);
        options.add("--likelihood");
        if (algorithm == NmfAlgorithm.KL) {
            options.addAll(ScalingOptions.OF_REAL_VALUES);
            options.addAll(WeightOptions.OPTIONS);
            options.addAll(PenaltyOptions.OPTIONS);
        }
        return options;
    }

    @Override
    public boolean startsFrom(Start start) {
        return start != Start.NMF && start != Start.VB;
    }

    @Override
    public Training prepare(
            CommandLine commandLine,
            int rank,
            TrainingOptions training,
            Scaling scaling,
            WeightOptions weights,
            Start start) {
        Nmf.Builder builder = Nmf.builder().algorithm(algorithm);
        if (start != null) {
            builder.init(NmfInit.valueOf(start.name()));
        }
        training.applyTo(builder);
        Settings.apply(commandLine, builder.rank(rank).scaling(scaling)::build);
        return (data, listener) -> Settings.apply(
                commandLine, () -> builder.listener(listener).build().fit(data, weights.weights()));
    }

    @Override
    public Training prepareUpdate(CommandLine commandLine, FactorisationModel model, TrainingOptions training) {
        NmfModel previous = (NmfModel) model;
        Nmf.Builder builder = Nmf.builder().configuration(previous.configuration());
        training.applyTo(builder);
        Settings.apply(commandLine, builder::build);
        return (data, listener) -> Settings.apply(
                commandLine, () -> builder.listener(listener).build().update(previous, data));
    }

    /** Those with which training ended. */
    @Override
    public Matrix coefficients(FactorisationModel model, Input data) {
        return ((NmfModel) model).trainingCoefficients().orElseThrow();
    }
}
