package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.cli.plot.ImageShape;
import io.github.paenmf.cli.report.Comparison;
import io.github.paenmf.cli.report.Report;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "report",
        description =
                "Writes what MODEL makes of INPUT as one HTML file for a browser: how it was fitted, the objective"
                        + " over the epochs, errors, parts, the distributions of the coefficients, reconstructions."
                        + " Given two models, compares them: which components are the same, and with INPUT, which"
                        + " explains it better.",
        footer = {
            "",
            "The file loads nothing from the network. Of many samples or features it holds a part, and says so.",
            "",
            "Examples:",
            "  paenmf report model.npz counts.csv -o report.html",
            "  paenmf report faces.npz faces/ --image-shape 19x19 -o faces.html",
            "  paenmf report rank8.npz rank10.npz counts.csv -o compared.html"
        })
final class ReportCommand extends Subcommand {

    @Parameters(index = "0", paramLabel = "MODEL", description = MODEL_HELP)
    private Path model;

    @Parameters(
            index = "1",
            paramLabel = "INPUT|MODEL2",
            description = INPUT_HELP + " Or a second model, of the same features, to compare the first with.")
    private String second;

    @Parameters(
            index = "2",
            arity = "0..1",
            paramLabel = "INPUT",
            description = "After two models: the data that both are to explain.")
    private String shared;

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
        FactorisationModel loaded = load(model, backend);
        if (isModel(second)) {
            compare(loaded, load(Path.of(second), backend));
            return ExitCode.DONE;
        }
        if (shared != null) {
            throw usage(second + " is not a model: give one model and one INPUT, or two models and an INPUT");
        }
        loaded = reader.applyTo(loaded);
        Input data = featureOptions.match(this, loaded, reader.read(second, loaded));
        Features features = ImageOptions.features(loaded, data.data());
        save(loaded, data, features, images.of(features), output);
        closing(output + ": the report on " + data.data().rows() + " rows, rank " + loaded.rank());
        return ExitCode.DONE;
    }

    private void compare(FactorisationModel a, FactorisationModel b) throws IOException {
        if (shared == null) {
            reader.requireInput(spec.commandLine());
            featureOptions.requireInputForRows(this);
        }
        Features features = Features.of(a.features(), a.featureNames().isEmpty() ? b.featureNames() : a.featureNames());
        String nameOfA = model.getFileName().toString();
        String nameOfB = Path.of(second).getFileName().toString();
        boolean byPosition = featureOptions.ignoresNames();
        Comparison comparison = new Comparison(nameOfA, a, nameOfB, b, features, images.of(features), byPosition);
        if (shared != null) {
            score(comparison, reader.applyTo(a), reader.applyTo(b));
        }
        comparison.save(output, Version.number());
        closing(output + ": " + nameOfA + " of rank " + a.rank() + " beside " + nameOfB + " of rank " + b.rank());
    }

    private void score(Comparison comparison, FactorisationModel a, FactorisationModel b) throws IOException {
        if (a.missing() != b.missing()) {
            throw usage(
                    "the two models do not take missing values alike; --missing or --zeros-missing says how both do");
        }
        if (givenSizes(a) != givenSizes(b)) {
            throw usage("only one of the two models was fitted with size factors of a file, so that they cannot explain"
                    + " the same data; leave INPUT out");
        }
        if (a.covariates().isNone() != b.covariates().isNone()) {
            throw usage("only one of the two models was fitted with covariates, so that they cannot explain the same"
                    + " data; leave INPUT out");
        }
        Input data = featureOptions.match(this, a, reader.read(shared, a));
        data.use(given -> {
            boolean byPosition = featureOptions.ignoresNames();
            comparison.score(byPosition ? given.withNames(given.rowNames(), List.of()) : given, data.shortName());
            return given;
        });
    }

    private static boolean givenSizes(FactorisationModel model) {
        return model.scaling().scaling().sizeFactors() == SizeFactors.GIVEN;
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
