package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.cli.plot.ImageShape;
import io.github.paenmf.data.RowSource;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Whether a sample is an image. */
final class ImageOptions {

    private static final String NONE = "none";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--image-shape",
            paramLabel = "HxW",
            description =
                    "How a sample's features lie in an image, line by line: HEIGHTxWIDTH in pixels; or none, if it is"
                            + " no image. Unless given, features that have no names, or that are numbered, are the pixels of a"
                            + " square if there are as many.")
    private String shape;

    /** The features of a model, under its names for them or else those of the data. */
    static Features features(FactorisationModel model, RowSource data) {
        List<String> names = model.featureNames().isEmpty() ? data.columnNames() : model.featureNames();
        // data that do not fit are refused by the model, with a message of its own
        return Features.of(model.features(), names.size() == model.features() ? names : List.of());
    }

    /**
     * The shape that was given, or one that fits.
     *
     * @throws ParameterException if what was given cannot be used
     */
    Optional<ImageShape> of(Features features) {
        if (shape == null) {
            return ImageShape.guess(features);
        }
        if (shape.equals(NONE)) {
            return Optional.empty();
        }
        ImageShape given;
        try {
            given = ImageShape.parse(shape);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    command.commandLine(),
                    "--image-shape must be HEIGHTxWIDTH, such as 19x19, or none, not " + shape,
                    e);
        }
        if (given.pixels() != features.count()) {
            throw new ParameterException(
                    command.commandLine(),
                    "--image-shape " + shape + " takes " + given.pixels() + " features, but the model has "
                            + features.count());
        }
        return Optional.of(given);
    }
}
