package io.github.paenmf.cli;

import io.github.paenmf.ProbabilisticModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "sample",
        description =
                "Writes new rows: from the prior, or around the rows of INPUT, which are used in turn. Without INPUT,"
                        + " a MODEL that was fitted with covariates makes a row for each line of --covariates in turn.",
        footer = {
            "",
            "Examples:",
            "  paenmf sample model.npz --count 100 -o new.csv",
            "  paenmf sample model.npz faces/ --count 1000 --seed 7 -o around.npz",
            "  paenmf sample model.npz --covariates settings.csv --count 100 -o of-settings.csv"
        })
final class SampleCommand extends Subcommand {

    @Parameters(index = "0", paramLabel = "MODEL", description = MODEL_HELP)
    private Path model;

    @Parameters(index = "1", arity = "0..1", paramLabel = "INPUT", description = INPUT_HELP)
    private String input;

    @Option(names = "--count", paramLabel = "N", required = true, description = "How many rows to write, at least 1.")
    private Integer count;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            required = true,
            description = "Where to write: .npz, .npy, .csv or .tsv (also .gz); a file that is there is replaced.")
    private Path output;

    @Option(
            names = "--seed",
            paramLabel = "SEED",
            defaultValue = "0",
            description = "Which samples, any 64-bit integer.")
    private long seed;

    @Option(names = FirstId.OPTION, paramLabel = "ID", description = FirstId.HELP)
    private Long firstId;

    @Mixin
    private NameOptions names;

    @Mixin
    private ReaderOptions reader;

    @Mixin
    private FeatureOptions features;

    @Mixin
    private BackendOptions backend;

    @Override
    public Integer call() throws IOException {
        require(count >= 1, "--count", "at least 1", count);
        if (input == null) {
            features.requireInput(this);
            reader.requireInput(spec.commandLine());
        }
        OutputFile.requireExtension(spec.commandLine(), output, ".npz", ".npy", ".csv", ".csv.gz", ".tsv", ".tsv.gz");
        names.requireEffect(spec.commandLine(), output);
        AtomicFile.requireWritable(output);
        ProbabilisticModel loaded = requireDistributions(model, reader.applyTo(load(model, backend)), "");
        Matrix rows = input == null
                ? loaded.sample(features.covariates(this, loaded), count, seed, firstId == null ? 0 : firstId)
                : features.match(this, loaded, reader.read(input, loaded))
                        .use(data -> loaded.sample(data, count, seed, FirstId.ids(firstId, data)));
        names.write(output, Map.of("data", rows));
        closing(output + ": " + count + " new rows " + (input == null ? "from the prior" : "around those of " + input));
        return ExitCode.DONE;
    }
}
