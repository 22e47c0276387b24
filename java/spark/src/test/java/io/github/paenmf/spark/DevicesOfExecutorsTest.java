package io.github.paenmf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.ProbabilisticModel;
import io.github.paenmf.TestData;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.data.Matrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Executors that are processes of their own, each with a device that a discovery script has made up: the emulated driver,
 * whose trace says what it was used for.
 */
@Tag("long")
class DevicesOfExecutorsTest {

    private static final int EPOCHS = 5;
    private static final Matrix DATA = TestData.planted(401, 17, 3, 0.1, 7).data();

    @TempDir
    static Path directory;

    private static Path control;
    private static SparkSession session;

    @BeforeAll
    static void open() throws IOException {
        Sessions.local().stop(); // a process has one
        Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
        Path script = directory.resolve("gpus");
        Files.writeString(script, "#!/bin/sh\necho '{\"name\": \"gpu\", \"addresses\": [\"0\"]}'\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        control = directory.resolve("control");
        session = Sessions.builder("local-cluster[2,1,1024]")
                .config("spark.executor.memory", "1024m")
                .config("spark.worker.resource.gpu.amount", "1")
                .config("spark.worker.resource.gpu.discoveryScript", script.toString())
                .config("spark.executor.resource.gpu.amount", "1")
                .config("spark.task.resource.gpu.amount", "1")
                .config("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
                .config("spark.executor.extraJavaOptions", "-XX:TieredStopAtLevel=1")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.executorEnv.LD_LIBRARY_PATH", System.getProperty("paenmf.test.emulator"))
                .config("spark.executorEnv.CUDA_VISIBLE_DEVICES", "0")
                .config("spark.executorEnv.PAENMF_EMULATOR_MEMORY", "128MiB")
                .config("spark.executorEnv.PAENMF_EMULATOR_CONTROL", control.toString())
                .getOrCreate();
    }

    @AfterAll
    static void close() {
        session.stop();
    }

    private static VariationalNmf estimator() {
        return new VariationalNmf().setK(3).setMaxIter(EPOCHS).setSeed(3);
    }

    private static Dataset<Row> dataset() {
        return Sessions.dataset(session, DATA, 4, false);
    }

    /** Writes switches of the emulated driver, which the next process that calls it reads. */
    private static void write(String switches) {
        try {
            Files.writeString(control, switches);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long count(Path trace, String what) throws IOException {
        try (var lines = Files.lines(trace)) {
            return lines.filter(line -> line.startsWith("submit") && line.contains(what))
                    .count();
        }
    }

    /**
     * The trace is of the executor that saw the switch first. Its rows come to the device once. Another order of sums: as far
     * from the fit on processors as rounding of the objective, u·√max(n, m)·‖V‖² over 2σ², may take each.
     *
     * @param rowStage its kernel, of which each partition takes one a pass
     */
    private static void assertMadeOnTheDevice(
            ProbabilisticModel expected, Supplier<? extends ProbabilisticModel> fit, String rowStage, double sigma)
            throws IOException {
        Path trace = directory.resolve(rowStage);
        write("trace=" + trace + "\n");
        ProbabilisticModel fitted = fit.get();

        long stages = count(trace, "kernel " + rowStage);
        assertTrue(stages >= EPOCHS && stages % EPOCHS == 0, () -> stages + " row stages");
        long partitions = stages / EPOCHS;
        long bytes = 4L * (DATA.columns() + 3); // a row takes a multiple of 16 bytes
        long rows = 0;
        for (int of = 100; of <= 101; of++) {
            rows += count(trace, "copy of " + of * bytes + " bytes from page-locked");
        }
        assertEquals(partitions, rows);
        double ofRow = 0x1p-24 * (Math.sqrt(DATA.rows()) + 4) * DATA.columns() / (2 * sigma * sigma);
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
            assertEquals(
                    expected.history().reconstruction()[epoch], fitted.history().reconstruction()[epoch], 2 * ofRow);
        }
        assertFalse(Arrays.equals(
                expected.history().reconstruction(), fitted.history().reconstruction()));
    }

    @Test
    void theSumsAreMadeOnTheDeviceWhereRowsStay() throws IOException {
        VariationalModel expected = estimator().fitter().apply(Parts.of(dataset()));
        assertMadeOnTheDevice(expected, () -> estimator().fit(dataset()).fitted(), "cold_start", expected.sigma());
    }

    /** Noise by ids of 64 bits. */
    @Test
    void soAreThoseOfTheAutoencoder() throws IOException {
        PaeNmf estimator = new PaeNmf().setK(3).setMaxIter(EPOCHS).setSeed(3).setIdCol("id");
        Dataset<Row> rows = dataset().withColumn("id", functions.expr("id + 3000000000000"));
        io.github.paenmf.PaeNmfModel expected = estimator.fitter().apply(Parts.byId(rows, row -> row.getLong(0)));
        assertMadeOnTheDevice(expected, () -> estimator.fit(rows).fitted(), "weibull_step", expected.sigma());
    }

    /** The reasons why executors are gone. */
    private static final class Removals extends SparkListener {

        final Queue<String> reasons = new ConcurrentLinkedQueue<>();

        @Override
        public void onExecutorRemoved(SparkListenerExecutorRemoved removed) {
            reasons.add(removed.reason());
        }
    }

    @Test
    void anExecutorEndsWithItsDeviceAndNoBitChanges() {
        VariationalModel expected = estimator().fit(dataset()).fitted();
        Removals removals = new Removals();
        session.sparkContext().addSparkListener(removals);

        VariationalModel actual;
        try (SparkRows rows = SparkRows.of(dataset(), estimator())) {
            actual = estimator().fitter().apply(new BeforeThirdEpoch(rows, () -> write("fail-launch=5\n")));
        } finally {
            session.sparkContext().removeSparkListener(removals);
        }

        assertEquals(1, removals.reasons.size(), removals.reasons::toString);
        assertTrue(removals.reasons.peek().contains("75"), removals.reasons::toString);
        Parts.assertSameBits(expected, actual);
    }
}
