package io.github.paenmf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.ProbabilisticModel;
import io.github.paenmf.TestData;
import io.github.paenmf.data.Matrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With executors that are processes of their own. */
@Tag("long")
class ClusterTest {

    private static final int PARTITIONS = 4;
    private static final int EPOCHS = 5;
    private static final Matrix DATA = TestData.planted(401, 17, 3, 0.1, 7).data();

    private static SparkSession session;
    private static JavaSparkContext context;

    @BeforeAll
    static void open() throws IOException {
        Sessions.local().stop(); // a process has one
        Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
        session = Sessions.builder("local-cluster[2,1,1024]")
                .config("spark.executor.memory", "1024m")
                .config("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
                // Spark gives executors the vector module, which this process has not, and other kernels give other
                // bits
                .config("spark.executor.extraJavaOptions", "-Dpaenmf.vector=off -XX:TieredStopAtLevel=1")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .getOrCreate();
        context = JavaSparkContext.fromSparkContext(session.sparkContext());
    }

    @AfterAll
    static void close() {
        session.stop();
    }

    private static Dataset<Row> dataset() {
        return Sessions.dataset(session, DATA, PARTITIONS, true);
    }

    private static VariationalNmf estimator() {
        return new VariationalNmf().setK(3).setMaxIter(EPOCHS).setSeed(3);
    }

    @Test
    void executorsAreProcessesOfTheirOwnAndGiveTheBitsOfOneMachine() {
        Set<Long> processes = context
                .parallelize(IntStream.range(0, 8).boxed().toList(), 8)
                .map(i -> ProcessHandle.current().pid())
                .collect()
                .stream()
                .collect(Collectors.toSet());
        assertFalse(processes.contains(ProcessHandle.current().pid()));
        assertFalse(processes.isEmpty());

        Parts.assertSameBits(
                estimator().fitter().apply(Parts.of(dataset())),
                estimator().fit(dataset()).fitted());
    }

    @Test
    void executorsGiveTheCoefficientsOfTheDriver() {
        VariationalNmfModel model = estimator().setOutputCol("coefficients").fit(dataset());
        Matrix expected = model.fitted().coefficients(DATA);

        List<Row> rows = model.transform(dataset()).sort("id").collectAsList();

        assertEquals(DATA.rows(), rows.size());
        for (int i = 0; i < rows.size(); i++) {
            for (int j = 0; j < 3; j++) {
                assertEquals(expected.get(i, j), ((Vector) rows.get(i).get(3)).apply(j));
            }
        }
    }

    @Test
    void aLostExecutorChangesNoBit(@TempDir Path directory) {
        assertSameAfterALoss(estimator(), dataset(), directory);
    }

    /** Then a partition is made again from what a shuffle brings, in whatever order. */
    @Test
    void aLostExecutorChangesNoBitAfterAShuffle(@TempDir Path directory) {
        assertSameAfterALoss(estimator(), dataset().repartition(3), directory);
    }

    /** Noise goes by values, wherever a row is made again. */
    @Test
    void aLostExecutorChangesNoBitOfPaeNmf(@TempDir Path directory) {
        PaeNmf estimator = new PaeNmf().setK(3).setMaxIter(EPOCHS).setSeed(3);
        assertSameAfterALoss(estimator, dataset().repartition(3), directory);
    }

    private static <F extends ProbabilisticModel> void assertSameAfterALoss(
            NmfEstimator<?, ? extends NmfEstimatorModel<?, F>, F> estimator, Dataset<Row> dataset, Path directory) {
        F expected = estimator.fit(dataset).fitted();
        Removals removals = new Removals();
        session.sparkContext().addSparkListener(removals);

        F actual;
        try (SparkRows rows = SparkRows.of(dataset, estimator)) {
            actual = estimator
                    .fitter()
                    .apply(new BeforeThirdEpoch(rows, () -> loseAnExecutor(directory.resolve("one"), removals)));
        } finally {
            session.sparkContext().removeSparkListener(removals);
        }

        assertEquals(0, removals.first.getCount());
        Parts.assertSameBits(expected, actual);
    }

    /** Hears of executors that are gone. */
    private static final class Removals extends SparkListener {

        final CountDownLatch first = new CountDownLatch(1);

        @Override
        public void onExecutorRemoved(SparkListenerExecutorRemoved removed) {
            first.countDown();
        }
    }

    /** An executor ends itself, and with it the blocks of rows that it has. */
    private static void loseAnExecutor(Path marker, Removals removals) {
        try {
            Files.createFile(marker);
            String file = marker.toString();
            context.parallelize(List.of(1), 1).foreach(i -> {
                if (Files.deleteIfExists(Path.of(file))) { // the task is tried again
                    System.exit(1);
                }
            });
            assertTrue(removals.first.await(60, TimeUnit.SECONDS), "no executor was removed");
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
