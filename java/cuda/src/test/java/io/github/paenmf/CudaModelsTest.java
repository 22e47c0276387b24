package io.github.paenmf;

import static io.github.paenmf.testing.Matrices.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.TrainOn;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What models do on the CPU, on CUDA. */
@Tag("cuda")
class CudaModelsTest {

    @Test
    void aSessionAnswersAsTheModel() {
        SessionTest.assertAnswersAsTheModel(SessionTest.fit(Choice.CUDA, TrainOn.SAMPLE));
        SessionTest.assertAnswersAsTheModel(SessionTest.fit(Choice.CUDA, NmfAlgorithm.HALS));
    }

    @Test
    void saysWhenZerosCouldNotBeLearned(@TempDir Path directory) throws IOException {
        VariationalNmfTest.assertSaysWhenZerosCouldNotBeLearned(Choice.CUDA, directory);
    }

    @Tag("jdk")
    @Test
    void aModelOfCountsEncodesAsOnTheCpu() {
        Matrix data = PaePoissonTest.counts(301, 71);
        PaeNmfModel model = PaePoissonTest.poisson().epochs(30).build().fit(data);

        assertEncodesAsOnTheCpu(model, data);
        Score score = model.score(data);
        assertEquals(
                score.deviance(), model.withBackend(Choice.CUDA).score(data).deviance(), 1e-5);
    }

    @Test
    void aModelOfWeightedFeaturesEncodesAsOnTheCpu() {
        Matrix data = WeightsTest.data();
        Weights weights = Weights.NONE.withFeatures(WeightsTest.weights(data.columns()));

        assertEncodesAsOnTheCpu(
                WeightsTest.on(PaeNmf.builder().epochs(30)).build().fit(data, weights), data);
    }

    /** Sums of m products in another order are off by less than √m·u of their terms, which are a few times the sum. */
    private static void assertEncodesAsOnTheCpu(PaeNmfModel model, Matrix data) {
        PaeNmfModel onCuda = model.withBackend(Choice.CUDA);

        assertClose(model.transform(data).lambda(), onCuda.transform(data).lambda(), 1e-5);
        assertClose(model.transform(data).k(), onCuda.transform(data).k(), 1e-5);
    }
}
