package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "update",
        customSynopsis = "paenmf update MODEL INPUT -o FILE [OPTIONS]",
        description = {
            "Goes on training MODEL on INPUT, the same data or new rows with the same columns, and saves the result.",
            "Settings that are not given stay as they were in MODEL. Standard NMF remembers the rows that MODEL was made of:"
                    + " each counts --forget-factor beside those of INPUT, which should be new. The other algorithms go on from"
                    + " what MODEL has learned, with INPUT alone."
        },
        footer = {
            "",
            "Examples:",
            "  paenmf update model.npz new-rows.csv -o model2.npz",
            "  paenmf update nmf.npz new-rows.csv --forget-factor 1 -o nmf2.npz",
            "  paenmf update model.npz counts.csv --epochs 500 --encoder-rate 0.01 -o model2.npz"
        })
final class UpdateCommand extends TrainingCommand {

    @Parameters(index = "0", paramLabel = "MODEL", description = MODEL_HELP)
    private Path model;

    @Parameters(index = "1", paramLabel = "INPUT", description = INPUT_HELP)
    private String input;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            required = true,
            description = "Where to save the model; a file that is there is replaced, but MODEL itself is refused.")
    private Path output;

    @Mixin
    private ReaderOptions reader;

    @Mixin
    private DiskOptions disk;

    @Mixin
    private FeatureOptions features;

    @Mixin
    private TrainingOptions options;

    @Mixin
    private CheckpointOptions checkpoints;

    @Override
    public Integer call() throws IOException {
        requireModelFile(output);
        FactorisationModel previous = reader.applyTo(load(model));
        AlgorithmOptions.requireEffect(spec, previous.algorithm());
        options.requireKind(previous.algorithm());
        options.keepIn(checkpoints.open());
        Training training = Fitter.of(previous.algorithm()).prepareUpdate(spec.commandLine(), previous, options);
        Input data = features.match(this, previous, reader.read(input, previous, disk));
        return train(previous.algorithm().isProbabilistic(), training, data, output, checkpoints)
                .exitCode();
    }
}
