package io.github.paenmf.cli;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.cli.plot.Figures;
import io.github.paenmf.cli.plot.ImageShape;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.AtomicFile;
import io.github.paenmf.io.CannotWriteException;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "demo",
        description =
                "Trains a model of rank " + DemoCommand.RANK + " on the bundled images of handwritten digits, prints"
                        + " how good it is, and writes the model, two pictures and a report to open in a browser: "
                        + DemoCommand.MODEL + ", " + DemoCommand.BASIS + ", " + DemoCommand.DIGITS + " and "
                        + DemoCommand.REPORT + ".",
        footer = {
            "",
            "The pictures show the parts that digits are made of, and some digits above what the model makes of them.",
            "",
            "Examples:",
            "  paenmf demo",
            "  paenmf demo --out digits"
        })
final class DemoCommand extends TrainingCommand {

    static final int RANK = 16;
    static final String MODEL = "digits-model.npz";
    static final String BASIS = "digits-basis.png";
    static final String DIGITS = "digits-reconstructed.png";
    static final String REPORT = "digits-report.html";

    private static final ImageShape SHAPE = new ImageShape(8, 8);
    private static final int SHOWN = 10;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = ".",
            description = "Directory for the files; it is created if it is not there.")
    private Path directory;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Passes over the images, at least 1.")
    private int epochs;

    @Mixin
    private StepOptions step;

    @Override
    public Integer call() throws IOException {
        PaeNmf.Builder builder = PaeNmf.builder().rank(RANK).epochs(epochs).execution(step.execution());
        Settings.apply(spec.commandLine(), builder::build);
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new CannotWriteException(directory, "the directory cannot be created", e);
        }
        Path modelFile = directory.resolve(MODEL);
        Path basisPicture = directory.resolve(BASIS);
        Path digitsPicture = directory.resolve(DIGITS);
        Path report = directory.resolve(REPORT);
        requireModelFile(modelFile);
        AtomicFile.requireWritable(basisPicture);
        AtomicFile.requireWritable(digitsPicture);
        AtomicFile.requireWritable(report);
        Input digits = new Input(MatrixReader.DEMO_DIGITS, MatrixReader.read(MatrixReader.DEMO_DIGITS));
        Training training =
                (data, listener) -> builder.listener(listener).build().fit(data);
        Result result = train(true, training, digits, modelFile, new CheckpointOptions());

        PaeNmfModel model = (PaeNmfModel) result.model();
        Figures.basisImages(model.basis(), SHAPE).save(basisPicture);
        Matrix shown = digits.rows(IntStream.range(0, SHOWN).toArray()).matrix();
        Figures.reconstructionImages(shown, model.reconstruct(shown), SHAPE).save(digitsPicture);
        Features features = ImageOptions.features(model, digits.matrix());
        ReportCommand.save(model, digits, features, Optional.of(SHAPE), report);
        if (!json()) {
            closing("pictures: " + basisPicture + ", " + digitsPicture);
            closing("report: " + report.toAbsolutePath() + " (open it in a browser)");
        }
        return result.exitCode();
    }

    @Override
    void addTo(Map<String, Object> object) {
        object.put(
                "pictures",
                List.of(
                        directory.resolve(BASIS).toString(),
                        directory.resolve(DIGITS).toString()));
        object.put("report", directory.resolve(REPORT).toString());
    }
}
