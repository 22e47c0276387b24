package io.github.paenmf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.Latent;
import io.github.paenmf.SampleIds;
import io.github.paenmf.TestData;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.testing.PartsHere;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PaeNmfTest {

    private static final int RANK = 3;
    private static final Matrix DATA = TestData.planted(101, 13, RANK, 0.1, 7).data();

    private static SparkSession session;

    @BeforeAll
    static void open() {
        session = Sessions.local();
    }

    private static PaeNmf estimator() {
        return new PaeNmf().setK(RANK).setMaxIter(3).setSeed(3).setOutputCol("coefficients");
    }

    private static Dataset<Row> dataset() {
        return Sessions.dataset(session, DATA, 3, false);
    }

    private static io.github.paenmf.PaeNmfModel onOneMachine(PartsHere parts) {
        return io.github.paenmf.PaeNmf.builder()
                .rank(RANK)
                .epochs(3)
                .seed(3)
                .build()
                .fit(parts);
    }

    /** Noise goes by values, by ids as they are, or by their names. */
    @Tag("jdk")
    @ParameterizedTest
    @ValueSource(strings = {"", "id", "concat('r', id)"})
    void aFitHasTheBitsOfTheSamePartsOnOneMachine(String id) {
        if (id.isEmpty()) {
            Parts.assertSameBits(
                    onOneMachine(Parts.of(dataset())),
                    estimator().fit(dataset()).fitted());
            return;
        }
        Dataset<Row> dataset = dataset().withColumn("id", functions.expr(id));
        PartsHere parts = id.equals("id")
                ? Parts.byId(dataset, row -> row.getLong(0))
                : Parts.byId(dataset, row -> SampleIds.ofName(row.getString(0)));

        Parts.assertSameBits(
                onOneMachine(parts), estimator().setIdCol("id").fit(dataset).fitted());
    }

    /**
     * Another order of rows is another order of sums, but not another noise. The objective is off by u·√max(n, m)·‖V‖² over 2σ²,
     * as in {@link io.github.paenmf.train.PartedPaeTrainer}; the fit after three steps goes the same way.
     */
    @Tag("long")
    @Test
    void whereRowsAreChangesNothingButRoundings() {
        PaeNmf estimator = estimator().setIdCol("id");
        double[] one = estimator.fit(dataset()).fitted().history().reconstruction();
        Dataset<Row> elsewhere = dataset().sort(functions.expr("id % 7")).repartition(2);
        double[] other = estimator.fit(elsewhere).fitted().history().reconstruction();
        double[] otherNoise = estimator().fit(dataset()).fitted().history().reconstruction();

        double ofRow = 0x1p-24 * (Math.sqrt(DATA.rows()) + 4) * DATA.columns() / (2 * 0.1 * 0.1);
        for (int epoch = 0; epoch < 3; epoch++) {
            assertEquals(one[epoch], other[epoch], 2 * ofRow);
        }
        assertNotEquals(one[2], otherNoise[2], 0.01 * one[2]);
    }

    @Test
    void aModelAddsCoefficientsAndIntervals() {
        PaeNmfModel model =
                estimator().fit(dataset()).setIntervalCol("interval").setIntervalLevel(0.5);
        Latent latent = model.fitted().transform(DATA);
        Matrix lower = latent.quantile(0.25);
        Matrix upper = latent.quantile(0.75);

        List<Row> rows = model.transform(dataset()).sort("id").collectAsList();

        assertEquals(DATA.rows(), rows.size());
        for (int i = 0; i < rows.size(); i++) {
            Row interval = rows.get(i).getStruct(4);
            for (int j = 0; j < RANK; j++) {
                assertEquals(latent.median().get(i, j), ((Vector) rows.get(i).get(3)).apply(j));
                assertEquals(lower.get(i, j), ((Vector) interval.get(0)).apply(j));
                assertEquals(upper.get(i, j), ((Vector) interval.get(1)).apply(j));
            }
        }
    }

    @Tag("long")
    @Test
    void pipelinesAreSavedAndLoaded(@TempDir Path directory) throws IOException {
        String path = directory.resolve("pipeline").toUri().toString();
        Pipeline stages =
                new Pipeline().setStages(new PipelineStage[] {estimator().setStepSize(0.5)});
        stages.write().overwrite().save(path + "-estimator");
        PipelineModel pipeline = Pipeline.load(path + "-estimator").fit(dataset());
        pipeline.write().overwrite().save(path);
        PipelineModel read = PipelineModel.load(path);
        PaeNmfModel model = (PaeNmfModel) read.stages()[0];

        Parts.assertSameBits(((PaeNmfModel) pipeline.stages()[0]).fitted(), model.fitted());
        assertEquals(List.of(RANK, 3, 0.5), List.of(model.getK(), model.getMaxIter(), model.getStepSize()));
        assertEquals(
                pipeline.transform(dataset()).collectAsList(),
                read.transform(dataset()).collectAsList());
        String other =
                directory.resolve("pipeline/stages/0_" + model.uid()).toUri().toString();
        assertThrows(RuntimeException.class, () -> VariationalNmfModel.load(other));
    }

    @Test
    void parametersAreThoseOfTheLibrary() {
        PaeConfiguration usual = io.github.paenmf.PaeNmf.builder().build().configuration();
        io.github.paenmf.PaeNmfModel fitted = estimator()
                .setStepSize(0.5)
                .setSigma(0)
                .setTol(0.01)
                .fit(dataset())
                .fitted();
        PaeConfiguration c = fitted.configuration();

        assertEquals(
                List.of(0.5 * usual.encoderRate(), 0.5 * usual.biasRate(), 0.5 * usual.decoderRate(), 0.0, 0.01),
                List.of(c.encoderRate(), c.biasRate(), c.decoderRate(), c.sigma(), c.tolerance()));
        assertTrue(fitted.sigma() > 0.1);
        assertEquals(usual.epochs(), new PaeNmf().getMaxIter());
        assertEquals(usual.sigma(), new PaeNmf().getSigma());
    }

    @Tag("long")
    @Test
    void countsAndWeightsAreTaken() {
        Matrix counts = Matrix.of(IntStream.range(0, 60)
                .mapToObj(i -> new float[] {i % 7, i % 3, 0, 1, (i * i) % 5})
                .toArray(float[][]::new));
        Dataset<Row> rows = Sessions.dataset(session, counts, 2, true);
        assertEquals(
                3,
                estimator()
                        .setLikelihood("poisson")
                        .fit(rows)
                        .fitted()
                        .history()
                        .epochs());
        Dataset<Row> weighted = dataset().withColumn("weight", functions.expr("cast(1 + id % 3 as double)"));
        Parts.assertSameBits(
                onOneMachine(Parts.of(weighted)),
                estimator().setWeightCol("weight").fit(weighted).fitted());
    }

    @Test
    void whatCannotBeUsedIsNamed() {
        List<Row> rows = List.of(
                RowFactory.create(1L, Vectors.dense(1, 2), 1.0), RowFactory.create(17L, Vectors.dense(1, -2), 1.0));
        Dataset<Row> negative = Sessions.dataset(session, rows, 2);
        String message = assertThrows(
                        DataException.class, () -> estimator().setIdCol("id").fit(negative))
                .getMessage();
        assertTrue(message.contains("row 17: feature 1 of column 'features' is -2.0; it must be at least 0"), message);
        assertThrows(
                IllegalArgumentException.class,
                () -> estimator().setLikelihood("poisson").setSigma(0.2).fit(dataset()));
        assertThrows(
                IllegalArgumentException.class, () -> estimator().setSigma(1e-5).fit(dataset()));
        assertThrows(IllegalArgumentException.class, () -> estimator().setStepSize(0));
    }
}
