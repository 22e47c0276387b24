package io.github.paenmf.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.History;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.Penalties;
import io.github.paenmf.model.Penalty;
import io.github.paenmf.model.SavedModel;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.model.Warning;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models survive a file unchanged, and a file that is none is refused with its name and a reason. */
@Tag("jdk")
class ModelFileTest {

    private static final int FEATURES = 4;
    private static final int RANK = 2;

    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void nameFile() {
        file = directory.resolve("model.npz");
    }

    private static PaeConfiguration configuration(
            Optimiser optimiser, Heads heads, TrainOn trainOn, DecoderUpdate decoderUpdate, boolean kl) {
        return new PaeConfiguration(
                RANK,
                12,
                optimiser,
                0.1,
                0.01,
                1 / 3.0,
                0.03,
                0.1,
                1e-3,
                0.3,
                heads,
                List.of(),
                1.5,
                0.7,
                kl,
                trainOn,
                decoderUpdate,
                kl ? Init.RANDOM : Init.NMF,
                256,
                1e-5,
                50,
                Likelihood.GAUSSIAN,
                Missing.NONE,
                0x123456789abcdefL);
    }

    private static PaeParameters parameters() {
        Random random = new Random(1);
        PaeParameters p = new PaeParameters(FEATURES, RANK);
        for (int i = 0; i < p.weights().length; i++) {
            boolean decoder = i / RANK % 3 == 2;
            float value = (float) random.nextGaussian();
            p.weights()[i] = decoder ? Math.max(0, value) : value;
        }
        for (int i = 0; i < p.biases().length; i++) {
            p.biases()[i] = (float) random.nextGaussian();
        }
        return p;
    }

    private static Warning other(String text) {
        return new Warning(Warning.Code.OTHER, text);
    }

    private static FittedPae model(PaeConfiguration configuration, StopReason stopReason, List<String> names) {
        return new FittedPae(
                configuration,
                parameters(),
                2.5000000001,
                names,
                new History(new double[] {3, 2, 1.1}, new double[] {0.1, 0.2, 1 / 7.0}, stopReason),
                17,
                List.of(other("a warning with \"quotes\", ∂ and a\nnew line"), other("another")));
    }

    private static FittedPae model() {
        return model(
                configuration(Optimiser.ADAM, Heads.RELU, TrainOn.SAMPLE, DecoderUpdate.PROJECTED, true),
                StopReason.EPOCHS,
                List.of("a", "ü", "", "日本"));
    }

    private byte[] saved() throws IOException {
        ModelFile.write(model(), file);
        return Files.readAllBytes(file);
    }

    /** The only way in which a bad file may be met: by a message that starts with its name. */
    private String refusal() {
        String message =
                assertThrows(DataException.class, () -> ModelFile.read(file)).getMessage();
        assertTrue(message.startsWith(file.toString()), message);
        return message.substring(file.toString().length());
    }

    private void assertRoundTrip(FittedPae model) throws IOException {
        ModelFile.write(model, file);
        assertEquals(model, ModelFile.read(file));
    }

    @Test
    void aModelIsReadAsItWasWritten() throws IOException {
        assertRoundTrip(model());
        assertRoundTrip(model(model().configuration(), StopReason.EPOCHS, List.of()));
    }

    static Stream<PaeConfiguration> configurations() {
        return Arrays.stream(Optimiser.values())
                .flatMap(optimiser -> Arrays.stream(Heads.values())
                        .flatMap(heads -> Arrays.stream(TrainOn.values())
                                .flatMap(trainOn -> Arrays.stream(DecoderUpdate.values())
                                        .flatMap(update -> Stream.of(true, false)
                                                .filter(kl -> !kl || trainOn != TrainOn.SCALE)
                                                .map(kl -> configuration(optimiser, heads, trainOn, update, kl))))));
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void everyConfigurationSurvives(PaeConfiguration configuration) throws IOException {
        assertRoundTrip(model(configuration, StopReason.CONVERGED, List.of()));
    }

    @ParameterizedTest
    @EnumSource
    void everyStopReasonSurvives(StopReason stopReason) throws IOException {
        assertRoundTrip(model(model().configuration(), stopReason, List.of()));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, (1L << 53) + 1})
    void everyBitOfTheSeedSurvives(long seed) throws IOException {
        PaeConfiguration c = model().configuration();
        assertRoundTrip(model(
                new PaeConfiguration(
                        c.rank(),
                        c.epochs(),
                        c.optimiser(),
                        c.encoderRate(),
                        c.biasRate(),
                        c.decoderRate(),
                        c.stepClip(),
                        c.sigma(),
                        c.lambdaMin(),
                        c.shapeMin(),
                        c.heads(),
                        c.hidden(),
                        c.priorShape(),
                        c.priorScale(),
                        c.kl(),
                        c.trainOn(),
                        c.decoderUpdate(),
                        c.init(),
                        c.batchRows(),
                        c.tolerance(),
                        c.patience(),
                        c.likelihood(),
                        c.missing(),
                        seed),
                StopReason.EPOCHS,
                List.of()));
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-32, 1e32, 1, Math.PI})
    void everyDataScaleSurvives(double scale) throws IOException {
        FittedPae m = model();
        assertRoundTrip(new FittedPae(m.configuration(), m.parameters(), scale, List.of(), m.history(), 0, List.of()));
    }

    @Test
    void aModelWithoutEpochsSurvives() throws IOException {
        FittedPae m = model();
        History none = new History(new double[0], new double[0], StopReason.DIVERGED);
        assertRoundTrip(
                new FittedPae(m.configuration(), m.parameters(), 1, List.of(), none, 0, List.of(other("diverged"))));
    }

    @Test
    void theSameModelIsTheSameBytes() throws IOException {
        assertArrayEquals(saved(), saved());
    }

    private static final String PAE_METADATA = """
            {"format":"paenmf-model","version":1,"algorithm":"pae","configuration":{"rank":2,"epochs":12,\
            "optimiser":"adam","encoder_rate":0.1,"bias_rate":0.01,"decoder_rate":0.3333333333333333,"step_clip":0.03,\
            "sigma":0.1,"lambda_min":0.001,"shape_min":0.3,"heads":"relu","prior_shape":1.5,"prior_scale":0.7,"kl":true,\
            "train_on":"sample","decoder_update":"projected","init":"random","batch_rows":256,"tolerance":1.0E-5,\
            "patience":50,"seed":81985529216486895},"previous_epochs":17,"data_scale":2.5000000001,"stop_reason":"epochs",\
            "warnings":["a warning with \\"quotes\\", ∂ and a\\nnew line","another"],"java":"JAVA"}""";
    private static final String NMF_METADATA = """
            {"format":"paenmf-model","version":1,"algorithm":"nmf-mu","configuration":{"rank":2,"init":"random",\
            "epochs":12,"tolerance":1.0E-5,"patience":50,"seed":9223372036854775807},"data_scale":2.5000000001,\
            "stop_reason":"converged","warnings":["a warning"],"java":"JAVA"}""";

    static Stream<Arguments> files() {
        return Stream.of(
                arguments(model(), PAE_METADATA, "0853b01a619b510fe62fc25a737e607c10ceb80cbb7658d81c2ec9cf49faa706"),
                arguments(
                        nmf(NmfAlgorithm.MU, NmfInit.RANDOM, List.of("a", "b", "c")),
                        NMF_METADATA,
                        "fff805b03f3636b94af20506d7b84620f3cc45dbecade9fcd7af7decdd2a5f70"));
    }

    /** What earlier releases wrote, entry by entry, except for the version of Java. */
    @ParameterizedTest
    @MethodSource("files")
    void aFileHasTheBytesThatItAlwaysHad(SavedModel model, String metadata, String digest) throws Exception {
        ModelFile.write(model, file);
        MessageDigest sha = MessageDigest.getInstance("SHA-256");
        try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(file))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                byte[] content = zip.readAllBytes();
                sha.update(entry.getName().getBytes(StandardCharsets.UTF_8));
                if (!entry.getName().equals("metadata.npy")) { // its length depends on the version of Java
                    sha.update(content);
                }
            }
        }

        assertEquals(
                metadata.replace("JAVA", Runtime.version().toString()),
                Npz.readAll(file, 1 << 20).get("metadata").string());
        assertEquals(digest, HexFormat.of().formatHex(sha.digest()));
    }

    private static FittedPae warned(Warning... warnings) {
        FittedPae m = model();
        return new FittedPae(
                m.configuration(),
                m.parameters(),
                m.dataScale(),
                m.featureNames(),
                m.history(),
                m.previousEpochs(),
                List.of(warnings));
    }

    private static final Warning DEAD = new Warning(
            Warning.Code.DEAD_COMPONENTS,
            "dead components, which take no part in any reconstruction: component1, component12. Try a lower rank.",
            List.of(0, 11));
    private static final Warning SLOW = new Warning(Warning.Code.NOT_CONVERGED, "not converged: the objective fell.");

    @ParameterizedTest
    @EnumSource(Warning.Code.class)
    void everyCodeOfAWarningSurvives(Warning.Code code) throws IOException {
        assertRoundTrip(warned(new Warning(code, "reworded", List.of(1)), other("another")));
    }

    /** As earlier releases wrote them. */
    @Test
    void sentencesThatTellTheirCodesStandAlone() throws IOException {
        ModelFile.write(warned(DEAD, SLOW, other("something else")), file);

        assertFalse(JSON.std
                .mapFrom(Npz.readAll(file, 1 << 20).get("metadata").string())
                .containsKey("warning_codes"));
        assertRoundTrip(warned(DEAD, SLOW, other("something else")));
    }

    static Stream<Arguments> damagedCodes() {
        return Stream.of(
                arguments(List.of(), "it has 0 warning_codes for 1 warnings"),
                arguments(List.of("dead"), "warning_codes contains dead, not an object"),
                arguments(List.of(Map.of()), "its metadata have no valid code"),
                arguments(
                        List.of(Map.of("code", "dead-components", "components", List.of("a"))),
                        "components contains a, not a number"),
                arguments(
                        List.of(Map.of("code", "dead-components", "components", List.of(0.5))),
                        "components is 0.5, not a whole number"));
    }

    @ParameterizedTest
    @MethodSource
    void damagedCodes(List<Object> codes, String reason) throws IOException {
        ModelFile.write(warned(DEAD), file);
        Map<String, Object> metadata =
                JSON.std.mapFrom(Npz.readAll(file, 1 << 20).get("metadata").string());
        metadata.put("warning_codes", codes);
        write(json(metadata), arrays -> {});

        assertEquals(" is damaged: " + reason, refusal());
    }

    @Test
    void aCodeOfALaterReleaseIsReadAsAnother() throws IOException {
        ModelFile.write(warned(DEAD), file);
        Map<String, Object> metadata =
                JSON.std.mapFrom(Npz.readAll(file, 1 << 20).get("metadata").string());
        metadata.put("warning_codes", List.of(Map.of("code", "to-come")));
        write(json(metadata), arrays -> {});

        assertEquals(List.of(other(DEAD.text())), ModelFile.read(file).warnings());
    }

    @ParameterizedTest
    @EnumSource(Algorithm.class)
    void everyAlgorithmHasACodec(Algorithm algorithm) throws IOException {
        Map<String, Object> metadata = metadata();
        metadata.put("algorithm", ModelFields.name(algorithm));
        nested(metadata).clear();
        write(json(metadata), arrays -> {});

        assertEquals(" is damaged: its metadata have no valid rank", refusal());
    }

    /** At lengths all over the file, and at every one within the end of its directory. */
    @Test
    void truncationIsRefused() throws IOException {
        byte[] bytes = saved();
        for (int length = 0; length < bytes.length; length += length < bytes.length - 50 ? 31 : 1) {
            Files.write(file, Arrays.copyOf(bytes, length));
            refusal();
        }
    }

    /** A changed byte is found, or it is one that does not matter, such as a time, and the model is the same. */
    @Test
    void aDamagedByteIsFoundOrHarmless() throws IOException {
        byte[] bytes = saved();
        FittedPae expected = model();
        Random random = new Random(2);
        int found = 0;
        int tried = 0;
        for (int at = 0; at < bytes.length; at += 1 + random.nextInt(40), tried++) {
            byte[] damaged = bytes.clone();
            damaged[at] ^= (byte) (1 + random.nextInt(255));
            found += isFoundOrHarmless(damaged, expected) ? 1 : 0;
        }
        assertTrue(found > 0.8 * tried, "only " + found + " of " + tried);
    }

    @Test
    void damageInSeveralPlacesIsFoundOrHarmless() throws IOException {
        byte[] bytes = saved();
        FittedPae expected = model();
        Random random = new Random(3);
        for (int round = 0; round < 300; round++) {
            byte[] damaged = bytes.clone();
            int count = 1 + random.nextInt(8);
            for (int i = 0; i < count; i++) {
                int at = random.nextInt(bytes.length);
                switch (random.nextInt(3)) {
                    case 0 -> damaged[at] = (byte) random.nextInt(256);
                    case 1 -> damaged[at] = -1;
                    default ->
                        System.arraycopy(
                                bytes, random.nextInt(bytes.length - 8), damaged, Math.min(at, bytes.length - 8), 8);
                }
            }
            isFoundOrHarmless(damaged, expected);
        }
    }

    private boolean isFoundOrHarmless(byte[] damaged, FittedPae expected) throws IOException {
        Files.write(file, damaged);
        try {
            SavedModel read = ModelFile.read(file);
            // names are optional: damage to their entry's name in the directory can only remove them
            FittedPae nameless = new FittedPae(
                    expected.configuration(),
                    expected.parameters(),
                    expected.dataScale(),
                    List.of(),
                    expected.history(),
                    expected.previousEpochs(),
                    expected.warnings());
            assertTrue(read.equals(expected) || read.equals(nameless), "read another model from a damaged file");
            return false;
        } catch (DataException e) {
            assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
            return true;
        }
    }

    @Test
    void randomBytesAreRefused() throws IOException {
        Random random = new Random(4);
        for (int round = 0; round < 100; round++) {
            byte[] bytes = new byte[random.nextInt(400)];
            random.nextBytes(bytes);
            Files.write(file, bytes);
            refusal();
        }
    }

    @Test
    void textIsRefused() throws IOException {
        Files.writeString(file, "a,b\n1,2\n");
        refusal();
    }

    @Test
    void anotherZipFileIsRefused() throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry("readme.txt"));
            zip.write("hello".getBytes(StandardCharsets.UTF_8));
            zip.closeEntry();
        }
        refusal();
    }

    @Test
    void anArchiveOfOtherArraysIsRefused() throws IOException {
        write(new LinkedHashMap<>(Map.of("V", new Array(new float[] {1, 2}, 1, 2))));
        assertEquals(" is not a paenmf model: it has no metadata", refusal());
    }

    @Test
    void aMissingFileAndADirectoryAreIoErrors() {
        assertThrows(NoSuchFileException.class, () -> ModelFile.read(directory.resolve("none.npz")));
        assertThrows(IOException.class, () -> ModelFile.read(directory));
    }

    /** What an entry may be: an array of floats or doubles with a shape, a text, or a list of texts. */
    private record Array(Object values, int... shape) {}

    private static Array texts(String... values) {
        return new Array(List.of(values));
    }

    private Map<String, Array> arrays() {
        FittedPae model = model();
        PaeParameters p = model.parameters();
        Map<String, Array> arrays = new LinkedHashMap<>();
        String[] names = {"W_lambda", "W_k", "W_f"};
        for (int index = 0; index < 3; index++) {
            float[] block = new float[FEATURES * RANK];
            for (int i = 0; i < FEATURES; i++) {
                System.arraycopy(p.weights(), (3 * i + index) * RANK, block, i * RANK, RANK);
            }
            arrays.put(names[index], new Array(block, FEATURES, RANK));
        }
        arrays.put("b_lambda", new Array(Arrays.copyOf(p.biases(), RANK), RANK));
        arrays.put("b_k", new Array(Arrays.copyOfRange(p.biases(), RANK, 2 * RANK), RANK));
        arrays.put("history_reconstruction", new Array(model.history().reconstruction(), 3));
        arrays.put("history_kl", new Array(model.history().kl(), 3));
        arrays.put("feature_names", texts("a", "ü", "", "日本"));
        return arrays;
    }

    /** Metadata as a saved model has them. */
    private Map<String, Object> metadata() {
        try {
            ModelFile.write(model(), file);
            Map<String, NpyArray> arrays = Npz.readAll(file, 1 << 20);
            return JSON.std.mapFrom(arrays.get("metadata").string());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void write(Map<String, Array> arrays) throws IOException {
        try (OutputStream out = Files.newOutputStream(file);
                NpzWriter npz = new NpzWriter(out, false)) {
            for (Map.Entry<String, Array> entry : arrays.entrySet()) {
                Object values = entry.getValue().values();
                if (values instanceof float[] floats) {
                    npz.write(entry.getKey(), floats, entry.getValue().shape());
                } else if (values instanceof double[] doubles) {
                    npz.write(entry.getKey(), doubles, entry.getValue().shape());
                } else if (values instanceof String text) {
                    npz.write(entry.getKey(), text);
                } else {
                    npz.write(
                            entry.getKey(),
                            ((List<?>) values).stream().map(String.class::cast).toList());
                }
            }
        }
    }

    private void write(String metadata, Consumer<Map<String, Array>> change) throws IOException {
        Map<String, Array> arrays = arrays();
        arrays.put("metadata", new Array(metadata));
        change.accept(arrays);
        write(arrays);
    }

    @Test
    void metadataHaveALimit() throws IOException {
        int zeros = (int) (ModelFile.MAX_METADATA_BYTES / 4);
        Map<String, Array> arrays = arrays();
        arrays.put("metadata", new Array("\0".repeat(zeros) + "x"));
        write(arrays);
        String message = refusal();
        assertTrue(message.startsWith(": its array 'metadata' takes"), message);
        assertTrue(message.endsWith("more than the limit of 4194304: it is damaged or malicious"), message);
    }

    @Test
    void aBasisBeyondFloatsIsRefused() throws IOException {
        write(json(metadata()), arrays -> {
            float[] basis = (float[]) arrays.get("W_f").values();
            basis[RANK + 1] = 3e38f;
        });
        assertEquals(
                " is damaged: W_f at feature 2, component 2 is 3.0E38, which times data_scale, 2.5000000001, is more"
                        + " than a 32-bit float holds",
                refusal());
    }

    private String json(Map<String, Object> metadata) throws IOException {
        return JSON.std.asString(metadata);
    }

    @Test
    void theTestsOwnFileIsAModel() throws IOException {
        write(json(metadata()), arrays -> {});
        assertEquals(model(), ModelFile.read(file));
    }

    /** As they were written before there was a choice. */
    @Test
    void aFileThatNamesNoAlgorithmIsOfPaeNmf() throws IOException {
        Map<String, Object> metadata = metadata();
        metadata.remove("algorithm");
        write(json(metadata), arrays -> {});

        assertEquals(model(), ModelFile.read(file));
    }

    @Test
    void aFileThatDoesNotSayWhereItsFitStartedIsOfARandomStart() throws IOException {
        Map<String, Object> metadata = metadata();
        nested(metadata).remove("init");
        write(json(metadata), arrays -> {});

        assertEquals(model(), ModelFile.read(file));
    }

    @ParameterizedTest
    @CsvSource({"ae, 'algorithm is ae, but its configuration is one of pae'", "nmf, algorithm is nmf"})
    void aFileOfAnotherAlgorithmIsRefused(String algorithm, String reason) throws IOException {
        Map<String, Object> metadata = metadata();
        metadata.put("algorithm", algorithm);
        write(json(metadata), arrays -> {});

        assertEquals(" is damaged: " + reason, refusal());
    }

    private static FittedNmf nmf(NmfAlgorithm algorithm, NmfInit init, List<String> names) {
        return new FittedNmf(
                new NmfConfiguration(
                        2,
                        algorithm,
                        init,
                        12,
                        1e-5,
                        50,
                        Missing.NONE,
                        Long.MAX_VALUE,
                        init == NmfInit.RANDOM
                                ? Penalties.NONE
                                : new Penalties(new Penalty(0.1, 1e-3), new Penalty(0, names.size()))),
                Matrix.of(new float[][] {{0, 1}, {2.5f, 1e-20f}, {3, 4}}),
                2.5000000001,
                names,
                new History(new double[] {3, 2, 1.1}, new double[3], StopReason.CONVERGED),
                List.of(other("a warning")));
    }

    @ParameterizedTest
    @CsvSource({"MU, RANDOM, ", "MU, NNDSVD, a b c", "HALS, RANDOM, a b c", "HALS, NNDSVD, "})
    void aModelOfStandardNmfIsReadAsItWasWritten(NmfAlgorithm algorithm, NmfInit init, String names)
            throws IOException {
        FittedNmf written = nmf(algorithm, init, names == null ? List.of() : List.of(names.split(" ")));
        ModelFile.write(written, file);

        FittedNmf read = (FittedNmf) ModelFile.read(file);

        assertArrayEquals(written.w().toRows(), read.w().toRows());
        assertEquals(
                written,
                new FittedNmf(
                        read.configuration(),
                        written.w(),
                        read.dataScale(),
                        read.featureNames(),
                        read.history(),
                        read.warnings()));
        assertFalse(Npz.readAll(file, 1 << 20).containsKey("W_lambda"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rank", "init", "epochs", "tolerance", "patience", "seed"})
    void aModelOfStandardNmfNeedsEachSetting(String setting) throws IOException {
        ModelFile.write(nmf(NmfAlgorithm.HALS, NmfInit.NNDSVD, List.of()), file);
        Map<String, NpyArray> arrays = Npz.readAll(file, 1 << 20);
        Map<String, Object> metadata = JSON.std.mapFrom(arrays.get("metadata").string());
        nested(metadata).remove(setting);
        write(json(metadata), entries -> {});

        assertEquals(" is damaged: its metadata have no valid " + setting, refusal());
    }

    static Stream<Arguments> damagedArrays() {
        List<Arguments> damages = new ArrayList<>();
        for (String name :
                List.of("W_lambda", "W_k", "W_f", "b_lambda", "b_k", "history_reconstruction", "history_kl")) {
            damages.add(damage(name + " is missing", arrays -> arrays.remove(name)));
            damages.add(damage(
                    name + (name.startsWith("W") ? " has shape" : " should hold"),
                    arrays -> arrays.put(name, texts("x", "y"))));
            if (!name.startsWith("history")) {
                damages.add(damage(name + " has shape", arrays -> arrays.put(name, new Array(new float[3], 3))));
                damages.add(damage(name + " has shape", arrays -> arrays.put(name, new Array(new float[8], 2, 4))));
                damages.add(damage(
                        name + " contains NaN",
                        arrays -> ((float[]) arrays.get(name).values())[1] = Float.NaN));
                damages.add(damage(
                        name + " contains Infinity",
                        arrays -> ((float[]) arrays.get(name).values())[0] = Float.POSITIVE_INFINITY));
                // doubles beyond float32 become infinite
                damages.add(damage(name + " contains Infinity", arrays -> {
                    int[] shape = arrays.get(name).shape();
                    double[] huge = new double[shape.length == 2 ? 8 : 2];
                    Arrays.fill(huge, 1e300);
                    arrays.put(name, new Array(huge, shape));
                }));
            }
        }
        damages.add(damage(
                "W_f contains -1", arrays -> ((float[]) arrays.get("W_f").values())[2] = -1));
        damages.add(damage("W_f has shape [0, 2]", arrays -> arrays.put("W_f", new Array(new float[0], 0, 2))));
        damages.add(damage("W_f has shape [4, 3]", arrays -> arrays.put("W_f", new Array(new float[12], 4, 3))));
        damages.add(damage("W_f has shape [4, 2, 1]", arrays -> arrays.put("W_f", new Array(new float[8], 4, 2, 1))));
        damages.add(damage("differ in length", arrays -> arrays.put("history_kl", new Array(new double[2], 2))));
        damages.add(damage("3 feature names", arrays -> arrays.put("feature_names", texts("a", "b", "c"))));
        damages.add(damage(
                "feature_names should hold text", arrays -> arrays.put("feature_names", new Array(new float[4], 4))));
        damages.add(damage("no metadata", arrays -> arrays.remove("metadata")));
        damages.add(damage("no metadata", arrays -> arrays.put("metadata", new Array(new float[1], 1))));
        damages.add(damage("metadata", arrays -> arrays.put("metadata", texts("{}", "{}"))));
        return damages.stream();
    }

    private static Arguments damage(String reason, Consumer<Map<String, Array>> change) {
        return arguments(reason, change);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void damagedArrays(String reason, Consumer<Map<String, Array>> change) throws IOException {
        write(json(metadata()), change);
        String message = refusal();
        assertTrue(message.contains(reason), message);
    }

    private static final List<String> SETTINGS = List.of(
            "rank",
            "epochs",
            "optimiser",
            "encoder_rate",
            "bias_rate",
            "decoder_rate",
            "step_clip",
            "sigma",
            "lambda_min",
            "shape_min",
            "heads",
            "prior_shape",
            "prior_scale",
            "kl",
            "train_on",
            "decoder_update",
            "init",
            "batch_rows",
            "tolerance",
            "patience",
            "seed");

    @Test
    void everySettingMustBeThereAndOfItsType() throws IOException {
        assertEquals(
                SETTINGS,
                ((Map<?, ?>) metadata().get("configuration"))
                        .keySet().stream().map(String.class::cast).toList());
        for (String setting : SETTINGS) {
            for (Object value : Arrays.asList("surely not", List.of(1))) {
                Map<String, Object> metadata = metadata();
                nested(metadata).put(setting, value);
                write(json(metadata), arrays -> {});
                assertTrue(refusal().contains(setting));
            }
            if (setting.equals("init")) {
                continue; // older files do not have it
            }
            Map<String, Object> metadata = metadata();
            nested(metadata).remove(setting);
            write(json(metadata), arrays -> {});
            assertTrue(refusal().contains(setting));
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> nested(Map<String, Object> metadata) {
        return (Map<String, Object>) metadata.get("configuration");
    }

    static Stream<Arguments> damagedMetadata() {
        List<Arguments> damages = new ArrayList<>();
        for (String field : List.of(
                "format", "version", "configuration", "data_scale", "previous_epochs", "stop_reason", "warnings")) {
            damages.add(change("metadata", m -> m.remove(field)));
            damages.add(change("metadata", m -> m.put(field, null)));
        }
        damages.add(change("format version 3", m -> m.put("version", 3)));
        damages.add(change("format version 2 is for models of scaled data", m -> m.put("version", 2)));
        damages.add(change("version is 1.5", m -> m.put("version", 1.5)));
        damages.add(change("version", m -> m.put("version", "1")));
        damages.add(change("something else", m -> m.put("format", "other-model")));
        damages.add(change("data scale", m -> m.put("data_scale", 0)));
        damages.add(change("data scale", m -> m.put("data_scale", -2.5)));
        damages.add(change("data_scale", m -> m.put("data_scale", "NaN")));
        damages.add(change("stop_reason is bored", m -> m.put("stop_reason", "bored")));
        damages.add(change("previous_epochs is 0.5", m -> m.put("previous_epochs", 0.5)));
        damages.add(change("previous epochs", m -> m.put("previous_epochs", -1)));
        damages.add(change("previous_epochs", m -> m.put("previous_epochs", 1L << 40)));
        damages.add(change("warnings", m -> m.put("warnings", "one")));
        damages.add(change("warnings", m -> m.put("warnings", List.of(1, 2))));
        damages.add(change("warnings", m -> m.put("warnings", Arrays.asList("a", null))));
        damages.add(change("rank is 2.5", m -> nested(m).put("rank", 2.5)));
        damages.add(change("rank must be at least 1, not 0", m -> nested(m).put("rank", 0)));
        damages.add(change("W_f has shape", m -> nested(m).put("rank", 3)));
        damages.add(change("W_f has shape", m -> nested(m).put("rank", Integer.MAX_VALUE)));
        damages.add(change("rank", m -> nested(m).put("rank", 1L << 33)));
        damages.add(change("no valid squared_sigma", m -> nested(m).put("sigma", 0)));
        damages.add(change("squared_sigma is 0.0", m -> {
            nested(m).put("sigma", 0);
            m.put("squared_sigma", 0);
        }));
        damages.add(change("sigma must be in", m -> nested(m).put("sigma", 1e300)));
        damages.add(change("optimiser is ADAM", m -> nested(m).put("optimiser", "ADAM")));
        damages.add(change("kl", m -> nested(m).put("kl", 1)));
        damages.add(change("seed", m -> nested(m).put("seed", 0.5)));
        damages.add(change("seed", m -> nested(m).put("seed", new BigInteger("9".repeat(30)))));
        damages.add(change("format version 2 is for models of scaled data", m -> scale(m).put("log1p", true)));
        damages.add(change("log1p", m -> scale(m, 2).remove("log1p")));
        damages.add(change("size_factors is many", m -> scale(m, 2).put("size_factors", "many")));
        damages.add(change("mean total of rows must be", m -> scale(m, 2).put("mean_total", 0)));
        damages.add(
                change("the array feature_scales is missing", m -> scale(m, 2).put("feature_scale", "sd")));
        return damages.stream();
    }

    /** Metadata of scaled data, complete, under a version of the format. */
    private static Map<String, Object> scale(Map<String, Object> metadata, int version) {
        metadata.put("version", version);
        return scale(metadata);
    }

    private static Map<String, Object> scale(Map<String, Object> metadata) {
        Map<String, Object> scaling = new LinkedHashMap<>(
                Map.of("size_factors", "total", "mean_total", 3.5, "log1p", true, "feature_scale", "none"));
        metadata.put("scaling", scaling);
        return scaling;
    }

    private static Arguments change(String reason, Consumer<Map<String, Object>> change) {
        return arguments(reason, change);
    }

    @ParameterizedTest(name = "{0} {index}")
    @MethodSource
    void damagedMetadata(String reason, Consumer<Map<String, Object>> change) throws IOException {
        Map<String, Object> metadata = metadata();
        change.accept(metadata);
        write(json(metadata), arrays -> {});
        String message = refusal();
        assertTrue(message.contains(reason), message);
    }

    static Stream<String> notMetadata() {
        UnaryOperator<String> deep = bracket -> bracket.repeat(200_000);
        return Stream.of(
                "",
                "not JSON",
                "[]",
                "[{\"format\": \"paenmf-model\"}]",
                "null",
                "3",
                "\"text\"",
                "{",
                "{\"format\": \"paenmf-model\"",
                "{\"format\": \"paenmf-model\", \"version\": 1e1000000000}",
                "{\"format\": \"paenmf-model\", \"version\": " + "9".repeat(5000) + "}",
                "{\"a\":" + deep.apply("[") + deep.apply("]") + "}",
                deep.apply("{\"a\":"));
    }

    @ParameterizedTest
    @MethodSource
    void notMetadata(String text) throws IOException {
        write(text, arrays -> {});
        refusal();
    }

    /** A header that claims 2⁶⁰ values in a file of some hundred bytes. */
    @Test
    void anOversizedClaimIsRefusedBeforeItIsBelieved() throws IOException {
        saved();
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry("W_f.npy"));
            zip.write(NpyHeader.encode("<f4", 1 << 30, 1 << 30));
            zip.write(new byte[64]);
            zip.closeEntry();
        }
        assertTrue(refusal().contains("W_f"));
    }

    @Test
    void theOldModelSurvivesAFailedSave() throws IOException {
        byte[] bytes = saved();
        FittedPae other = model(model().configuration(), StopReason.LISTENER, List.of());

        CannotWriteException noParent = assertThrows(
                CannotWriteException.class,
                () -> ModelFile.write(other, directory.resolve("none").resolve("model.npz")));
        assertTrue(noParent.getMessage().contains("there is no directory"), noParent.getMessage());
        CannotWriteException isDirectory =
                assertThrows(CannotWriteException.class, () -> ModelFile.write(other, directory));
        assertTrue(isDirectory.getMessage().contains("it is a directory"), isDirectory.getMessage());
        // a name so long that the temporary file beside it cannot be made
        assertThrows(CannotWriteException.class, () -> ModelFile.write(other, directory.resolve("m".repeat(254))));

        assertArrayEquals(bytes, Files.readAllBytes(file));
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void theOldModelSurvivesInAReadOnlyDirectory() throws IOException {
        byte[] bytes = saved();
        assumeTrue(directory.toFile().setWritable(false) && !Files.isWritable(directory), "permissions apply");
        try {
            String message = assertThrows(CannotWriteException.class, () -> ModelFile.write(model(), file))
                    .getMessage();
            assertTrue(message.contains("permission denied"), message);
            assertArrayEquals(bytes, Files.readAllBytes(file));
        } finally {
            assertTrue(directory.toFile().setWritable(true));
        }
    }

    @Test
    void numPyReadsIt() throws Exception {
        boolean numPy = run("import numpy").equals("0:");
        assumeTrue(numPy || "true".equals(System.getenv("CI")), "python3 with numpy is present");
        saved();
        PaeParameters p = model().parameters();

        String output = run(String.join(
                "\n",
                "import json, numpy",
                "a = numpy.load(r'" + file + "', allow_pickle=False)",
                "m = json.loads(str(a['metadata']))",
                "print(a['W_f'].dtype, a['W_f'].shape, a['W_lambda'].shape, a['W_k'].shape)",
                "print(a['b_lambda'].shape, a['b_k'].shape, a['history_kl'].dtype, a['history_kl'].tolist())",
                "print(a['W_f'].ravel().tolist() == " + decoder(p) + ")",
                "print(ascii(a['feature_names'].tolist()), m['format'], m['version'], m['configuration']['seed'])"));

        String expected = """
                0:float32 (4, 2) (4, 2) (4, 2)
                (2,) (2,) float64 [0.1, 0.2, 0.14285714285714285]
                True
                ['a', '\\xfc', '', '\\u65e5\\u672c'] paenmf-model 1 81985529216486895
                """;
        assertEquals(expected.strip(), output);
    }

    /** Wf as exact doubles. */
    private static String decoder(PaeParameters p) {
        return IntStream.range(0, FEATURES * RANK)
                .mapToObj(i -> Double.toString(p.decoder(i / RANK, i % RANK)))
                .toList()
                .toString();
    }

    private static String run(String python) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder("python3", "-c", python)
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            return e.toString();
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() + ":" + output.strip().replace("\r\n", "\n");
    }
}
