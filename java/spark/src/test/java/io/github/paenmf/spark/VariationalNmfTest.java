package io.github.paenmf.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.TestData;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.IntervalMethod;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.evaluation.Evaluator;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.tuning.CrossValidator;
import org.apache.spark.ml.tuning.CrossValidatorModel;
import org.apache.spark.ml.tuning.ParamGridBuilder;
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

class VariationalNmfTest {

    private static final int RANK = 3;
    private static final int PARTITIONS = 3;
    private static final Matrix DATA = TestData.planted(101, 13, RANK, 0.1, 7).data();

    private static SparkSession session;

    @BeforeAll
    static void open() {
        session = Sessions.local();
    }

    private static VariationalNmf estimator() {
        return new VariationalNmf().setK(RANK).setMaxIter(3).setSeed(3).setOutputCol("coefficients");
    }

    private static Dataset<Row> dataset(boolean sparse) {
        return Sessions.dataset(session, DATA, PARTITIONS, sparse);
    }

    private static VariationalModel onOneMachine(Dataset<Row> dataset) {
        return io.github.paenmf.VariationalNmf.builder()
                .rank(RANK)
                .epochs(3)
                .seed(3)
                .build()
                .fit(Parts.of(dataset));
    }

    @Tag("jdk")
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFitHasTheBitsOfTheSamePartsOnOneMachine(boolean sparse) {
        VariationalModel expected = onOneMachine(dataset(false));

        Parts.assertSameBits(expected, estimator().fit(dataset(sparse)).fitted());
    }

    @Test
    void aRowCountsAsOftenAsItsWeightSays() {
        Dataset<Row> weighted = dataset(false).withColumn("weight", functions.expr("cast(1 + id % 3 as double)"));
        VariationalModel expected = onOneMachine(weighted);

        Parts.assertSameBits(
                expected, estimator().setWeightCol("weight").fit(weighted).fitted());
        assertNotEquals(
                expected.history().reconstruction()[0],
                onOneMachine(dataset(false)).history().reconstruction()[0]);
    }

    /** Within a tenth of what a fit may still gain when it counts as converged, .01 nats per entry. */
    @Test
    void aFitComesToWhatOneOfAllRowsOnOneMachineDoes() {
        VariationalModel whole = io.github.paenmf.VariationalNmf.builder()
                .rank(RANK)
                .epochs(20)
                .seed(3)
                .intervals(IntervalMethod.MEAN_FIELD)
                .build()
                .fit(DATA);
        VariationalModel onSpark =
                estimator().setMaxIter(20).fit(dataset(false)).fitted();

        assertEquals(perEntry(whole), perEntry(onSpark), 0.001);
    }

    private static double perEntry(VariationalModel model) {
        double[] reconstruction = model.history().reconstruction();
        int last = reconstruction.length - 1;
        return (reconstruction[last] + model.history().kl()[last]) / model.features();
    }

    @Test
    void theOrderOfRowsInAPartitionChangesNoBit() {
        VariationalModel expected = estimator().fit(dataset(false)).fitted();
        Dataset<Row> reversed =
                dataset(false).sortWithinPartitions(functions.col("id").desc());

        Parts.assertSameBits(expected, estimator().fit(reversed).fitted());
    }

    /** Of 8 partitions, on two threads: tasks end in another order each time. */
    @Tag("long")
    @Test
    void fortyFitsHaveTheSameBits() {
        Dataset<Row> dataset = Sessions.dataset(session, DATA, 8, false).cache();
        VariationalModel first = estimator().fit(dataset).fitted();
        for (int i = 1; i < 40; i++) {
            Parts.assertSameBits(first, estimator().fit(dataset).fitted());
        }
        dataset.unpersist();
    }

    @Test
    void countsAreFittedByTheirLikelihood() {
        Matrix counts = Matrix.of(IntStream.range(0, 60)
                .mapToObj(i -> new float[] {i % 7, i % 3, 0, 1, (i * i) % 5})
                .toArray(float[][]::new));
        VariationalNmfModel model = new VariationalNmf()
                .setK(2)
                .setMaxIter(3)
                .setLikelihood("poisson")
                .fit(Sessions.dataset(session, counts, 2, true));

        assertTrue(model.fitted().isOfCounts());
        double[] objectives = model.fitted().history().reconstruction();
        assertTrue(objectives[2] < objectives[0]);
    }

    @Tag("jdk")
    @Test
    void aModelAddsCoefficientsAndIntervals() {
        VariationalNmfModel model =
                estimator().fit(dataset(false)).setIntervalCol("interval").setIntervalLevel(0.5);
        VariationalModel fitted = model.fitted();
        Matrix coefficients = fitted.coefficients(DATA);
        VariationalModel.Bounds bounds = fitted.intervals(DATA, 0.5);

        List<Row> rows = model.transform(dataset(true)).sort("id").collectAsList();

        assertEquals(DATA.rows(), rows.size());
        for (int i = 0; i < rows.size(); i++) {
            Row interval = rows.get(i).getStruct(4);
            assertEquals(i, rows.get(i).getLong(0));
            for (int j = 0; j < RANK; j++) {
                assertEquals(coefficients.get(i, j), ((Vector) rows.get(i).get(3)).apply(j));
                assertEquals(bounds.lower().get(i, j), ((Vector) interval.get(0)).apply(j));
                assertEquals(bounds.upper().get(i, j), ((Vector) interval.get(1)).apply(j));
            }
        }
        assertEquals(fitted.basis().get(5, 2), model.basis().apply(5, 2));
        assertEquals(13, model.numFeatures());
    }

    @Test
    void pipelinesAreSavedAndLoaded(@TempDir Path directory) throws IOException {
        String path = directory.resolve("pipeline").toUri().toString();
        Pipeline pipeline =
                new Pipeline().setStages(new PipelineStage[] {estimator().setTol(0.001)});
        pipeline.write().overwrite().save(path + "-estimator");
        Pipeline loaded = Pipeline.load(path + "-estimator");
        VariationalNmf stage = (VariationalNmf) loaded.getStages()[0];
        assertEquals(List.of(RANK, 3, 0.001), List.of(stage.getK(), stage.getMaxIter(), stage.getTol()));

        PipelineModel model = loaded.fit(dataset(false));
        model.write().overwrite().save(path);
        PipelineModel read = PipelineModel.load(path);

        VariationalNmfModel before = (VariationalNmfModel) model.stages()[0];
        VariationalNmfModel after = (VariationalNmfModel) read.stages()[0];
        Parts.assertSameBits(before.fitted(), after.fitted());
        assertEquals(before.uid(), after.uid());
        assertEquals("coefficients", after.getOutputCol());
        assertEquals(
                model.transform(dataset(false)).collectAsList(),
                read.transform(dataset(false)).collectAsList());
        File[] stages = directory.resolve("pipeline").resolve("stages").toFile().listFiles();
        Parts.assertSameBits(
                before.fitted(), VariationalModel.load(stages[0].toPath().resolve("model.npz")));
    }

    /** Of coefficients: how many there are. */
    public static final class Components extends Evaluator {

        private static final long serialVersionUID = 1;

        @Override
        public double evaluate(Dataset<?> dataset) {
            return ((Vector) dataset.toDF().select("coefficients").first().get(0)).size();
        }

        @Override
        public String uid() {
            return "components";
        }

        @Override
        public Evaluator copy(ParamMap extra) {
            return this;
        }
    }

    @Tag("long")
    @Test
    void aCrossValidatorChoosesParameters() {
        VariationalNmf estimator = estimator().setMaxIter(1);
        ParamMap[] grid =
                new ParamGridBuilder().addGrid(estimator.k(), new int[] {1, 2}).build();
        CrossValidatorModel model = new CrossValidator()
                .setEstimator(estimator)
                .setEstimatorParamMaps(grid)
                .setEvaluator(new Components())
                .setNumFolds(2)
                .fit(dataset(false));

        assertArrayEquals(new double[] {1, 2}, model.avgMetrics());
        assertEquals(2, ((VariationalNmfModel) model.bestModel()).getK());
    }

    private static void assertRefused(String message, VariationalNmf estimator, Dataset<Row> dataset) {
        RuntimeException e = assertThrows(RuntimeException.class, () -> estimator.fit(dataset));
        assertTrue(e instanceof DataException || e instanceof IllegalArgumentException, e::toString);
        assertTrue(e.getMessage().contains(message), e::getMessage);
    }

    private static Dataset<Row> with(Vector vector, double weight) {
        List<Row> rows =
                List.of(RowFactory.create(1L, Vectors.dense(1, 2), 1.0), RowFactory.create(17L, vector, weight));
        return Sessions.dataset(session, rows, 2);
    }

    @Test
    void badRowsAreNamed() {
        VariationalNmf byId = estimator().setIdCol("id");
        assertRefused("row 17: feature 1 of column 'features' is NaN", byId, with(Vectors.dense(1, Double.NaN), 1));
        assertRefused("row 17: feature 0 of column 'features' is 1.0E300", byId, with(Vectors.dense(1e300, 1), 1));
        assertRefused("row 17: column 'features' is null", byId, with(null, 1));
        assertRefused("vectors have different sizes: 2", byId, with(Vectors.dense(1, 2, 3), 1));
        assertRefused("set idCol", estimator(), with(null, 1));
        assertRefused(
                "row 17: feature 0 of column 'features' is -1.0; it must be at least 0",
                estimator().setIdCol("id").setLikelihood("poisson"),
                with(Vectors.sparse(2, new int[] {0}, new double[] {-1}), 1));
        assertRefused(
                "row 17: its weight is -1.0",
                estimator().setIdCol("id").setWeightCol("weight"),
                with(Vectors.dense(1, 2), -1));
        assertRefused("there are no rows", byId, dataset(false).limit(0));
        assertRefused("all values are 0", byId, Sessions.dataset(session, Matrix.zeros(4, 3), 2, true));
    }

    @Test
    void badColumnsAndParametersAreNamed() {
        assertRefused(
                "featuresCol is 'x', but there is no such column", estimator().setFeaturesCol("x"), dataset(false));
        assertRefused(
                "featuresCol 'id' must be a vector, not bigint", estimator().setFeaturesCol("id"), dataset(false));
        assertRefused("outputCol 'id' is there already", estimator().setOutputCol("id"), dataset(false));
        assertRefused("weightCol 'features' must be a number", estimator().setWeightCol("features"), dataset(false));
        assertRefused(
                "weightCol has no effect with likelihood poisson",
                estimator().setLikelihood("poisson").setWeightCol("weight"),
                dataset(false));
        assertRefused("checkpointInterval must be -1", estimator().setCheckpointInterval(0), dataset(false));
        assertRefused("intervalLevel has no effect", estimator().setIntervalLevel(0.5), dataset(false));
        assertTrue(
                assertThrows(IllegalArgumentException.class, () -> estimator().setK(0))
                        .getMessage()
                        .contains("parameter k given invalid value 0"));
        assertThrows(IllegalArgumentException.class, () -> estimator().setLikelihood("normal"));
        assertThrows(IllegalArgumentException.class, () -> estimator().setTol(-1));
    }

    @Test
    void aTransformNamesARowThatItCannotUse() {
        VariationalNmfModel model = estimator().fit(dataset(false)).setIdCol("id");
        double[] values = new double[DATA.columns()];
        values[1] = Double.NaN;
        List<Row> rows = List.of(RowFactory.create(17L, Vectors.dense(values), 1.0));
        Dataset<Row> transformed = model.transform(Sessions.dataset(session, rows, 1));
        Exception e = assertThrows(Exception.class, transformed::collectAsList);
        assertTrue(e.getMessage().contains("row 17: feature 1 of column 'features' is NaN"), e::getMessage);
    }

    /** One test, since a context forgets no directory. */
    @Test
    void checkpointsAreMadeAndRemovedOrAWarningSaysWhyNot(@TempDir Path directory) {
        List<String> warnings = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord logged) {
                warnings.add(logged.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(SparkRows.class.getName());
        logger.addHandler(handler);
        try {
            estimator().setMaxIter(1).setCheckpointInterval(1).fit(dataset(false));
            assertEquals(1, warnings.size());
            assertTrue(warnings.get(0).contains("no checkpoint directory is set"));

            JavaSparkContext context = JavaSparkContext.fromSparkContext(session.sparkContext());
            context.setCheckpointDir(directory.toUri().toString());
            try (SparkRows rows = SparkRows.of(dataset(false), estimator().setCheckpointInterval(1))) {
                assertTrue(files(directory) > 0);
                assertEquals(DATA.rows(), rows.totals().rows());
            }
            assertEquals(0, files(directory));
            assertEquals(1, warnings.size());
        } finally {
            logger.removeHandler(handler);
        }
    }

    /** Files of RDDs below a directory of checkpoints. */
    private static int files(Path directory) {
        File[] contexts = directory.toFile().listFiles();
        int count = 0;
        for (File ofContext : contexts) {
            count += ofContext.list().length;
        }
        return count;
    }

    @Test
    void rowsAreGivenBackToTheCluster() {
        int before = session.sparkContext().getPersistentRDDs().size();
        estimator().fit(dataset(false));
        assertRefused("set idCol", estimator(), with(null, 1));
        assertEquals(before, session.sparkContext().getPersistentRDDs().size());
    }

    @Test
    void vectorsHaveTheTypeOfSparkMl() {
        assertEquals(
                SQLDataTypes.VectorType(),
                estimator()
                        .setIntervalCol("interval")
                        .transformSchema(Sessions.SCHEMA)
                        .apply("coefficients")
                        .dataType());
    }
}
