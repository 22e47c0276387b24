package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.cli.experiment.DataSet;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the experiments reach, worst of the seeds. Digits always; the others, which take many minutes, where {@code
 * -Dpaenmf.test.experiments=true} and {@code PAENMF_DATA} names a folder with the data.
 */
class ExperimentCommandTest {

    private static final String PROPERTY = "paenmf.test.experiments";

    @TempDir
    private Path folder;

    private Map<String, Object> results(String... arguments) throws IOException {
        Object[] command = Cli.concat(new Object[] {"experiment"}, (Object[]) arguments);
        Cli.run(Cli.concat(command, "--out", folder, "--quiet")).expect(0);
        return JSON.std.mapFrom(Files.readString(folder.resolve(ExperimentCommand.RESULTS)));
    }

    private Map<String, Object> onRealData(String name) throws IOException {
        String data = System.getenv("PAENMF_DATA");
        assumeTrue(
                Boolean.getBoolean(PROPERTY) && data != null,
                "needs -D" + PROPERTY + "=true and, in PAENMF_DATA, a folder with " + name + ".npy");
        return results(name, "--data", data);
    }

    private static Map<?, ?> of(Object object, String... keys) {
        Object at = object;
        for (String key : keys) {
            at = ((Map<?, ?>) at).get(key);
        }
        return (Map<?, ?>) at;
    }

    private static Map<?, ?> rank(Map<String, Object> results, int rank) {
        return ((List<?>) results.get("cases"))
                .stream()
                        .map(each -> (Map<?, ?>) each)
                        .filter(each -> each.get("rank").equals(rank))
                        .findFirst()
                        .orElseThrow();
    }

    private static Executable worst(Map<?, ?> c, String method, String figure, double most) {
        double worst = ((Number) of(c, "methods", method, figure).get("max")).doubleValue();
        return () -> assertTrue(worst <= most, method + ", " + figure + ": " + worst + ", not at most " + most);
    }

    private static Executable spearman(Map<?, ?> c, double least) {
        double spearman = ((Number) of(c, "latentDistance").get("spearman")).doubleValue();
        return () -> assertTrue(spearman > least, "Spearman " + spearman + ", not above " + least);
    }

    private static Executable generation(Map<?, ?> c, double most) {
        double ratio = ((Number) of(c, "generation", "sampledOverMedianError").get("max")).doubleValue();
        return () -> assertTrue(ratio < most, "sampled over median error " + ratio + ", not below " + most);
    }

    /** Fits take minutes, and depend on nothing but these values. */
    @Test
    void aSparseFileIsReadAsTheDenseOneToTheBit() throws IOException {
        Random random = new Random(3);
        float[][] values = new float[94][1305];
        StringBuilder entries = new StringBuilder();
        int count = 0;
        for (int i = 0; i < values.length; i++) {
            for (int j = 0; j < values[i].length; j++) {
                if (random.nextInt(20) == 0) {
                    values[i][j] = 100 * random.nextFloat();
                    entries.append(i + 1).append(' ').append(j + 1).append(' ').append(values[i][j]);
                    entries.append('\n');
                    count++;
                }
            }
        }
        Path file = folder.resolve("prices.npy");
        MatrixWriter.write(file, Matrix.of(values));
        Matrix dense = ExperimentCommand.read(DataSet.PRICES, folder).matrix();
        String head = "%%MatrixMarket matrix coordinate real general\n94 1305 " + count + "\n";
        Files.writeString(file, head + entries);
        Matrix sparse = ExperimentCommand.read(DataSet.PRICES, folder).matrix();
        assertArrayEquals(values, dense.toRows());
        assertArrayEquals(values, sparse.toRows());
    }

    @Test
    @Tag("long")
    void digits() throws IOException {
        Map<String, Object> results = results("digits", "--seeds", "1");

        Map<?, ?> c = rank(results, 16);
        assertAll(
                worst(c, "pae-nmf", "relativeError", .28),
                worst(c, "pae-nmf", "relativeErrorSampled", .30),
                worst(c, "nmf-hals", "relativeError", .265),
                worst(c, "nmf-multiplicative", "relativeError", .275),
                worst(c, "autoencoder", "relativeError", .28),
                worst(c, "variational-nmf", "relativeErrorMean", .29),
                worst(c, "variational-nmf", "relativeErrorSampled", .31),
                spearman(c, .65),
                spearman(of(c, "variational"), .65),
                generation(c, 1.2),
                generation(of(c, "variational"), 1.2));
        assertEquals(
                of(c, "latentDistance").get("samples"),
                of(c, "variational", "latentDistance").get("samples"));
        assertTrue(((Number) of(c, "methods", "variational-nmf", "sigma").get("min")).doubleValue() > .2);
        assertTrue(((Number) of(c, "variational").get("medianRelativeSpread")).doubleValue() > 0);
        List<?> pictures = (List<?>) results.get("pictures");
        assertEquals(7 + 6, pictures.size()); // of variational NMF all but that of the objectives
        for (Object picture : pictures) {
            assertTrue(ImageIO.read(folder.resolve(picture.toString()).toFile()).getWidth() > 100);
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(pictures.size() + 3, files.count()); // two models and the results
        }
    }

    @Test
    void genes() throws IOException {
        Map<?, ?> c = rank(onRealData("genes"), 3);
        assertAll(
                worst(c, "pae-nmf", "relativeError", .52),
                worst(c, "pae-nmf", "relativeErrorSampled", .53),
                worst(c, "pae-nmf-gd", "relativeError", .52),
                worst(c, "variational-nmf", "relativeErrorMean", .511),
                worst(c, "variational-nmf", "relativeErrorSampled", .513),
                generation(c, 1.2));
    }

    @Test
    void prices() throws IOException {
        Map<?, ?> c = rank(onRealData("prices"), 9);
        assertAll(
                worst(c, "pae-nmf", "relativeError", .070),
                worst(c, "pae-nmf", "relativeErrorSampled", .080),
                worst(c, "pae-nmf-gd", "relativeError", .10),
                worst(c, "variational-nmf", "relativeErrorMean", .0335),
                worst(c, "variational-nmf", "relativeErrorSampled", .0345),
                generation(c, 1.2));
    }

    @Test
    void faces() throws IOException {
        Map<String, Object> results = onRealData("faces");
        Map<?, ?> nine = rank(results, 9);
        Map<?, ?> many = rank(results, 81);
        assertAll(
                worst(nine, "pae-nmf", "relativeError", .20),
                worst(nine, "pae-nmf", "relativeErrorSampled", .21),
                worst(nine, "pae-nmf-gd", "relativeError", .235),
                worst(nine, "variational-nmf", "relativeErrorMean", .16),
                worst(many, "variational-nmf", "relativeErrorMean", .068),
                worst(many, "pae-nmf", "relativeError", .15),
                worst(many, "pae-nmf", "relativeErrorSampled", .155),
                spearman(nine, .65),
                spearman(many, .65),
                generation(nine, 1.2),
                generation(many, 1.2));
    }

    @ParameterizedTest
    @CsvSource({"genes", "prices", "faces"})
    void dataThatDoNotComeWithTheProgramAreAskedFor(String name) {
        Cli.Run run =
                Cli.run("experiment", name, "--out", folder.resolve("out")).expect(ExitCode.USAGE);
        assertTrue(run.err().contains(name + " needs --data, a directory with " + name + ".npy"), run.err());
        assertTrue(Files.notExists(folder.resolve("out")));
    }

    @Test
    void dataThatAreNotThereAreNamed() {
        Cli.Run run = Cli.run("experiment", "genes", "--data", folder, "--out", folder.resolve("out"))
                .expect(ExitCode.NO_INPUT);
        assertTrue(run.err().contains(folder.resolve("genes.npy").toString()), run.err());
    }

    @Test
    void otherDataAreRefused() throws IOException {
        MatrixWriter.write(folder.resolve("genes.npy"), Matrix.zeros(3, 4));
        Cli.Run run = Cli.run("experiment", "genes", "--data", folder, "--out", folder.resolve("out"))
                .expect(ExitCode.BAD_DATA);
        assertTrue(run.err().contains("genes.npy: must be 38 × 5000, not 3 × 4"), run.err());
    }

    @Test
    void optionsWithoutEffectAndBadNumbersAreRefused() {
        Cli.Run data = Cli.run("experiment", "digits", "--data", folder, "--out", folder)
                .expect(ExitCode.USAGE);
        assertTrue(data.err().contains("--data has no effect with digits"), data.err());
        Cli.Run seeds =
                Cli.run("experiment", "digits", "--seeds", 0, "--out", folder).expect(ExitCode.USAGE);
        assertTrue(seeds.err().contains("--seeds must be at least 1, not 0"), seeds.err());
    }
}
