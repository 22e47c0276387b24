package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.SettingException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Fits of PAE-NMF whose encoder has hidden layers. */
class HiddenLayersTest {

    private static final Matrix DATA = TestData.planted(300, 20, 3, 0.05, 7).data();

    private static PaeNmf.Builder builder() {
        return PaeNmf.builder().rank(3).epochs(60).seed(4).threads(2).hidden(12, 6);
    }

    private static void assertSame(RowSource data, PaeNmfModel expected, PaeNmfModel actual) {
        Latent one = expected.transform(data);
        Latent other = actual.transform(data);
        for (int i = 0; i < data.rows(); i++) {
            for (int j = 0; j < 3; j++) {
                assertEquals(one.lambda().get(i, j), other.lambda().get(i, j));
                assertEquals(one.k().get(i, j), other.k().get(i, j));
            }
        }
    }

    static Stream<Arguments> fits() {
        Consumer<PaeNmf.Builder> none = b -> {};
        Consumer<PaeNmf.Builder> batches = b -> b.batchRows(64);
        Consumer<PaeNmf.Builder> counts = b -> b.likelihood(Likelihood.POISSON);
        Consumer<PaeNmf.Builder> missing = b -> b.missing(true);
        return Stream.of(
                Arguments.of("all rows", none),
                Arguments.of("mini-batches", batches),
                Arguments.of("counts", counts),
                Arguments.of("missing", missing));
    }

    /** The objective falls, and neither threads, chunks nor a file change a bit. */
    @ParameterizedTest(name = "{0}")
    @MethodSource
    void fits(String name, Consumer<PaeNmf.Builder> setting, @TempDir Path directory) throws IOException {
        Matrix data = DATA;
        if (name.equals("missing")) {
            data = DATA.copy();
            for (int i = 0; i < 300; i += 7) {
                data.storage(i)[data.offset(i) + i % 20] = Float.NaN;
            }
        }
        PaeNmf.Builder two = builder();
        setting.accept(two);
        PaeNmfModel model = two.build().fit(data);
        assertTrue(
                objective(model, 59) < objective(model, 0), () -> objective(model, 0) + " to " + objective(model, 59));

        PaeNmf.Builder one = builder().threads(1).chunkRows(name.equals("mini-batches") ? 0 : 256);
        setting.accept(one);
        assertSame(data, model, one.build().fit(data));
        Path file = directory.resolve("model.npz");
        model.save(file);
        PaeNmfModel loaded = PaeNmfModel.load(file);
        assertEquals(model.fitted().parameters(), loaded.fitted().parameters());
        assertSame(data, model, loaded);
    }

    @Test
    void sparseDataAreTheSame() {
        Matrix data = TestData.parts(300, 20, 3);
        double dense = objective(builder().build().fit(data), 59);
        double sparse = objective(builder().build().fit(SparseMatrix.of(data)), 59);
        assertEquals(dense, sparse, 0.02 * Math.abs(dense));
    }

    private static double objective(PaeNmfModel model, int epoch) {
        return model.history().reconstruction()[epoch] + model.history().kl()[epoch];
    }

    /** What is linear in the data fits them, and a hidden layer that begins with all units on is that. */
    @Test
    void itComesNearTheFitWithoutThem() {
        double without =
                builder().hidden().epochs(300).build().fit(DATA).score(DATA).relativeErrorMean();
        double with = builder().epochs(300).build().fit(DATA).score(DATA).relativeErrorMean();
        assertEquals(without, with, 0.2 * without);
    }

    @Test
    void unitsThatAreOffAreSaid() {
        PaeNmfModel model = builder()
                .hidden(200)
                .biasRate(1e-6)
                .encoderRate(50)
                .epochs(20)
                .build()
                .fit(DATA);
        List<String> units = model.warnings().stream()
                .filter(warning -> warning.contains("units"))
                .toList();
        assertEquals(1, units.size(), () -> model.warnings().toString());
        assertTrue(units.get(0).matches("\\d+ of 200 units of hidden layer 1 are 0 for every row: .*"), units.get(0));
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of(builder().optimiser(Optimiser.GD), "hidden layers must be left out with gd"),
                Arguments.of(builder().init(Init.NMF), "init must be random with hidden layers"),
                Arguments.of(builder().hidden(4, 0), "layers of 1 to 65536 units"));
    }

    @ParameterizedTest
    @MethodSource
    void refused(PaeNmf.Builder builder, String why) {
        String message = assertThrows(SettingException.class, builder::build).getMessage();
        assertTrue(message.contains(why), message);
    }

    @Test
    void refusesWeightsAndOtherLayersThanTheModels() {
        PaeNmf estimator = builder().epochs(1).build();
        Weights weights =
                Weights.NONE.withRows(DoubleStream.generate(() -> 1).limit(300).toArray());
        assertTrue(assertThrows(SettingException.class, () -> estimator.fit(DATA, weights))
                .getMessage()
                .contains("left out with weights"));
        PaeNmfModel model = estimator.fit(DATA);
        PaeNmf other = builder().hidden(5).build();
        assertTrue(assertThrows(SettingException.class, () -> other.update(model, DATA))
                .getMessage()
                .contains("the model's, [12, 6]"));
        assertEquals(2, estimator.update(model, DATA).totalEpochs());
    }
}
