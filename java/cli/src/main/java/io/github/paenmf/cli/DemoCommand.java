package io.github.paenmf.cli;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.AtomicFile;
import io.github.paenmf.io.CannotWriteException;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "demo",
        description =
                "Trains a model of rank " + DemoCommand.RANK + " on the bundled images of handwritten digits, prints"
                        + " how good it is, and writes the model and two pictures: " + DemoCommand.MODEL + ", "
                        + DemoCommand.BASIS + " and " + DemoCommand.DIGITS + ".",
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

    private static final int SIDE = 8;
    private static final int SHOWN = 20;

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
        requireModelFile(modelFile);
        AtomicFile.requireWritable(basisPicture);
        AtomicFile.requireWritable(digitsPicture);
        Input digits = new Input(MatrixReader.DEMO_DIGITS, MatrixReader.read(MatrixReader.DEMO_DIGITS));
        Training training =
                (data, listener) -> builder.listener(listener).build().fit(data);
        Result result = train(true, training, digits, modelFile);

        PaeNmfModel model = (PaeNmfModel) result.model();
        new Picture(SIDE, SIDE, RANK / 2)
                .add("The parts that digits are made of", model.basis().transpose())
                .save(basisPicture);
        Matrix shown = digits.matrix().selectRows(IntStream.range(0, SHOWN).toArray());
        new Picture(SIDE, SIDE, SHOWN)
                .add("Digits", shown)
                .add("reconstructed from medians", model.reconstruct(shown))
                .add(
                        "reconstructed from a sample",
                        model.reconstructSampled(shown, 1, 0).get(0))
                .save(digitsPicture);
        if (!json()) {
            closing("pictures: " + basisPicture + ", " + digitsPicture);
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
    }
}
