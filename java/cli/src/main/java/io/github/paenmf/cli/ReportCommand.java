package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.cli.plot.ImageShape;
import io.github.paenmf.cli.report.Report;
import io.github.paenmf.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "report",
        description =
                "Writes what MODEL makes of INPUT as one HTML file for a browser: how it was fitted, the objective"
                        + " over the epochs, errors, parts, the distributions of the coefficients, reconstructions.",
        footer = {
            "",
            "The file loads nothing from the network. Of many samples or features it holds a part, and says so.",
            "",
            "Examples:",
            "  paenmf report model.npz counts.csv -o report.html",
            "  paenmf report faces.npz faces/ --image-shape 19x19 -o faces.html"
        })
final class ReportCommand extends Subcommand {

    @Parameters(index = "0", paramLabel = "MODEL", description = MODEL_HELP)
    private Path model;

    @Parameters(index = "1", paramLabel = "INPUT", description = INPUT_HELP)
    private String input;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            required = true,
            description = "Where to write: .html; a file that is there is replaced.")
    private Path output;

    @Mixin
    private ImageOptions images;

    @Mixin
    private ReaderOptions reader;

    @Mixin
    private FeatureOptions featureOptions;

    @Mixin
    private BackendOptions backend;

    @Override
    public Integer call() throws IOException {
        OutputFile.requireExtension(spec.commandLine(), output, ".html");
        AtomicFile.requireWritable(output);
        FactorisationModel loaded = reader.applyTo(load(model, backend));
        Input data = featureOptions.match(this, loaded, reader.read(input, loaded));
        Features features = ImageOptions.features(loaded, data.data());
        save(loaded, data, features, images.of(features), output);
        closing(output + ": the report on " + data.data().rows() + " rows, rank " + loaded.rank());
        return ExitCode.DONE;
    }

    /** Writes a report; what is wrong with the data is reported under their name. */
    static void save(FactorisationModel model, Input data, Features features, Optional<ImageShape> shape, Path file)
            throws IOException {
        Report report = new Report(model, data.data(), data.shortName(), Version.number(), features, shape);
        Input.naming(data.name(), () -> {
            report.save(file);
            return file;
        });
    }
}
