package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.ProbabilisticModel;
import io.github.paenmf.Score;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "evaluate",
        description = "Prints how well MODEL explains INPUT: relative error (from medians, means and samples, if it has"
                + " them), parts of the objective, sparsity of the basis, dead components.",
        footer = {
            "",
            "Of a model whose data were scaled before the fit, errors are of scaled data.",
            "",
            "Examples:",
            "  paenmf evaluate model.npz held-out.csv",
            "  paenmf evaluate model.npz held-out.csv --json"
        })
final class EvaluateCommand extends Subcommand {

    @Parameters(index = "0", paramLabel = "MODEL", description = MODEL_HELP)
    private Path model;

    @Parameters(index = "1", paramLabel = "INPUT", description = INPUT_HELP)
    private String input;

    @Option(names = "--json", description = "Print the result as one JSON object.")
    private boolean json;

    @Option(names = FirstId.OPTION, paramLabel = "ID", description = FirstId.HELP)
    private Long firstId;

    @Mixin
    private RefinementOptions refinement;

    @Mixin
    private ReaderOptions reader;

    @Mixin
    private DiskOptions disk;

    @Mixin
    private FeatureOptions features;

    @Mixin
    private BackendOptions backend;

    @Override
    public Integer call() throws IOException {
        FactorisationModel loaded = reader.applyTo(refinement.applyTo(load(model, backend)));
        if (firstId != null) {
            requireDistributions(model, loaded, FirstId.OPTION);
        }
        Input data = features.match(this, loaded, reader.read(input, loaded, disk));
        Score score = loaded.algorithm().isProbabilistic()
                ? data.use(v -> ((ProbabilisticModel) loaded).score(v, FirstId.ids(firstId, v)))
                : data.use(loaded::score);
        ScoreReport.warning(score).ifPresent(warning -> Failures.say(err(), "warning: " + warning));
        if (json) {
            JsonLine.print(out(), ScoreReport.json(loaded, score));
        } else {
            ScoreReport.print(out(), loaded, score);
        }
        return ExitCode.DONE;
    }
}
