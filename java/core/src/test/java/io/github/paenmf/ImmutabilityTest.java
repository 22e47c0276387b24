package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.History;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.TrainOn;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is written to what a model took or gave, the model stays as it was. */
class ImmutabilityTest {

    private static final List<String> FEATURES = List.of("a", "b", "c", "d", "e");

    @TempDir
    private Path directory;

    /** Of training, in one array that the test holds. */
    private static float[] values() {
        Matrix parts = TestData.parts(20, 5, 2);
        float[] values = new float[100];
        for (int i = 0; i < parts.rows(); i++) {
            parts.copyRow(i, values, 5 * i);
        }
        return values;
    }

    private static Matrix matrix(float[] values) {
        return Matrix.wrap(values, 20, 5).withNames(List.of(), FEATURES);
    }

    interface Estimator {
        FactorisationModel fit(Matrix data);
    }

    static Stream<Estimator> estimators() {
        return Stream.of(
                data -> PaeNmf.builder().rank(2).epochs(20).build().fit(data),
                data -> PaeNmf.builder()
                        .rank(2)
                        .epochs(20)
                        .trainOn(TrainOn.SCALE)
                        .kl(false)
                        .build()
                        .fit(data),
                data -> Nmf.builder().rank(2).epochs(20).build().fit(data),
                data -> Nmf.builder()
                        .rank(2)
                        .epochs(20)
                        .algorithm(NmfAlgorithm.MU)
                        .build()
                        .fit(data));
    }

    private byte[] saved(FactorisationModel model) throws IOException {
        Path file = directory.resolve("model.npz");
        model.save(file);
        return Files.readAllBytes(file);
    }

    @ParameterizedTest
    @MethodSource("estimators")
    void writingToWhatAModelTookOrGaveDoesNotChangeIt(Estimator estimator) throws Exception {
        float[] values = values();
        FactorisationModel model = estimator.fit(matrix(values));
        byte[] before = saved(model);
        Score score = model.score(matrix(values()));
        Arrays.fill(values, 7);

        Set<String> called = new HashSet<>();
        for (Method method : model.getClass().getMethods()) {
            Class<?>[] parameters = method.getParameterTypes();
            boolean ofData = parameters.length == 1 && parameters[0] == RowSource.class;
            boolean callable = parameters.length == 0 && method.getDeclaringClass() != Object.class || ofData;
            if (callable && !Modifier.isStatic(method.getModifiers()) && has(model, method)) {
                Object first = call(model, method, ofData);
                overwrite(first);
                called.add(method.getName());
            }
        }

        assertTrue(called.containsAll(List.of("basis", "coefficients", "reconstruct", "history")), called.toString());
        assertArrayEquals(before, saved(model));
        assertEquals(score, model.score(matrix(values())));
    }

    /** A deterministic autoencoder refuses what asks for distributions. */
    private static boolean has(FactorisationModel model, Method method) {
        return model.algorithm().isProbabilistic()
                || model instanceof NmfModel
                || !List.of("transform", "reconstructMean").contains(method.getName());
    }

    private static Object call(FactorisationModel model, Method method, boolean ofData) throws Exception {
        return ofData ? method.invoke(model, matrix(values())) : method.invoke(model);
    }

    private static void overwrite(Object result) {
        if (result instanceof Matrix matrix) {
            for (int i = 0; i < matrix.rows(); i++) {
                Arrays.fill(matrix.storage(i), matrix.offset(i), matrix.offset(i) + matrix.columns(), 7);
            }
            overwrite(matrix.rowNames());
            overwrite(matrix.columnNames());
        } else if (result instanceof Latent latent) {
            overwrite(latent.lambda());
            overwrite(latent.k());
        } else if (result instanceof History history) {
            Arrays.fill(history.reconstruction(), 7);
            Arrays.fill(history.kl(), 7);
        } else if (result instanceof Score score) {
            overwrite(score.deadComponents());
        } else if (result instanceof Optional<?> optional) {
            optional.ifPresent(ImmutabilityTest::overwrite);
        } else if (result instanceof List<?> list) {
            assertThrows(UnsupportedOperationException.class, () -> list.add(null));
        }
    }

    @Test
    void coefficientsOfTrainingAreCopies() {
        NmfModel model = Nmf.builder().rank(2).epochs(20).build().fit(matrix(values()));
        float[][] before = model.trainingCoefficients().orElseThrow().toRows();
        overwrite(model.trainingCoefficients().orElseThrow());

        assertArrayEquals(before, model.trainingCoefficients().orElseThrow().toRows());
        assertArrayEquals(
                before,
                model.withExecution(Execution.auto())
                        .trainingCoefficients()
                        .orElseThrow()
                        .toRows());
    }
}
