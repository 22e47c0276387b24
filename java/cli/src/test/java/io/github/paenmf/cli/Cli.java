package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixWriter;
import io.github.paenmf.io.NpyArray;
import io.github.paenmf.io.Npz;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/** Runs the command line in this JVM, and makes data for it. */
final class Cli {

    /** What a command left behind. */
    record Run(int exitCode, String out, String err) {

        /** The run itself, if it ended with this code. */
        Run expect(int code) {
            assertEquals(code, exitCode, () -> "stdout:\n" + out + "\nstderr:\n" + err);
            return this;
        }

        /** The only line of stdout as a JSON object. */
        Map<String, Object> json() {
            assertEquals(1, out.lines().count(), out);
            try {
                return JSON.std.mapFrom(out);
            } catch (IOException e) {
                throw new UncheckedIOException(out, e);
            }
        }
    }

    private Cli() {}

    static Run run(Object... args) {
        return run(new Interruption(), args);
    }

    static Run run(Interruption interruption, Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        List<String> texts = Arrays.stream(args).map(String::valueOf).toList();
        int exitCode = Main.run(texts, new PrintWriter(out), new PrintWriter(err), interruption);
        return new Run(exitCode, out.toString(), err.toString());
    }

    /** Arguments, then more of them. */
    static Object[] concat(Object[] first, Object... more) {
        return Stream.concat(Arrays.stream(first), Arrays.stream(more)).toArray();
    }

    /** Data of rank 2 with noise, not negative, with names. */
    static Matrix planted(int rows, int columns) {
        Random random = new Random(1);
        float[][] h = new float[rows][2];
        float[][] w = new float[columns][2];
        Stream.of(h, w).flatMap(Arrays::stream).forEach(pair -> {
            pair[0] = random.nextFloat();
            pair[1] = random.nextFloat();
        });
        float[][] v = new float[rows][columns];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                v[i][j] = h[i][0] * w[j][0] + h[i][1] * w[j][1] + 0.05f * random.nextFloat();
            }
        }
        return Matrix.of(v).withNames(names("sample", rows), names("feature", columns));
    }

    static List<String> names(String stem, int count) {
        return Stream.iterate(1, i -> i + 1).limit(count).map(i -> stem + i).toList();
    }

    /** Writes 40 × 6 planted data. */
    static Path data(Path directory) {
        return write(directory.resolve("data.csv"), planted(40, 6));
    }

    static Path write(Path file, Matrix matrix) {
        try {
            MatrixWriter.write(file, matrix);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }

    /** Fits a model of PAE-NMF in a few epochs. */
    static Path model(Path directory) {
        Path model = directory.resolve("fitted.npz");
        run("fit", data(directory), "-r", 2, "--algorithm", "pae", "--epochs", 20, "-o", model)
                .expect(ExitCode.DONE);
        return model;
    }

    static Map<String, NpyArray> arrays(Path npz) {
        try {
            return Npz.readAll(npz, Long.MAX_VALUE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Everything that training learnt, bit for bit. */
    static List<Float> parameters(Path model) {
        Map<String, NpyArray> arrays = arrays(model);
        return Stream.of("W_lambda", "W_k", "W_f", "b_lambda", "b_k")
                .filter(arrays::containsKey)
                .flatMap(name -> floats(arrays.get(name)).stream())
                .toList();
    }

    static List<Float> floats(NpyArray array) {
        float[] values = array.floats();
        return Stream.iterate(0, i -> i + 1)
                .limit(values.length)
                .map(i -> values[i])
                .toList();
    }
}
