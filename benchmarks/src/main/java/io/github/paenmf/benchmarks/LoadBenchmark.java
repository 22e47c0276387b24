package io.github.paenmf.benchmarks;

import io.github.paenmf.data.RowSource;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.io.ReadOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Reading a file that is in the page cache, on the launcher's heap: files a second, and with them {@code megabytes}
 * (10⁶ bytes of the file) a second. With {@code -wi 0 -i 1 -r 1ms} it is read once by a fresh JVM, as the command line
 * does; the peak memory that is printed at the end then is that of one matrix.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(
        value = 3,
        jvmArgsAppend = {"-XX:+UseSerialGC", "-Xmn16m", "-XX:PretenureSizeThreshold=1m", "-XX:MaxRAMPercentage=70"})
public class LoadBenchmark {

    private static final int COLUMNS = 2500;
    private static final int SPARSE_COLUMNS = 20_000;
    private static final int SPARSE_NONZEROS = 1000;

    /**
     * {@code csv}: 6 to 9 digits a number; {@code csv-short}: whole numbers and two decimals; {@code csv-double}: 17;
     * {@code mtx}: small counts, 1000 of the 20 000 entries of a row.
     */
    @Param({"csv", "csv-short", "csv-double", "npy", "mtx"})
    public String format;

    /** Size of the file in 10⁶ bytes, up to the rest of a row. */
    @Param("50")
    public int size;

    private Path file;
    private long bytes;

    /** Millions of bytes, which JMH divides by the time. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class Bytes {
        public double megabytes;

        @Setup(Level.Iteration)
        public void clear() {
            megabytes = 0;
        }
    }

    @Setup
    public void write() throws IOException {
        file = Files.createTempFile("paenmf-load", "");
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
            switch (format) {
                case "npy" -> writeNpy(out);
                case "mtx" -> writeMatrixMarket(out);
                default -> writeCsv(out);
            }
            out.force(true); // or the system writes while reading is timed
        }
        bytes = Files.size(file);
    }

    @TearDown
    public void delete() throws IOException {
        Files.delete(file);
        Path status = Path.of("/proc/self/status");
        if (Files.exists(status)) {
            Files.readAllLines(status).stream()
                    .filter(line -> line.startsWith("VmHWM"))
                    .forEach(line -> System.out.println("peak memory: " + line));
        }
    }

    @Benchmark
    public RowSource read(Bytes work) throws IOException {
        work.megabytes += 1e-6 * bytes;
        return MatrixReader.readData(file.toString(), ReadOptions.defaults());
    }

    private void writeNpy(FileChannel out) throws IOException {
        int rows = (int) (size * 1_000_000L / (4 * COLUMNS));
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + rows + ", " + COLUMNS + "), }";
        ByteBuffer start = ByteBuffer.allocate(128).order(ByteOrder.LITTLE_ENDIAN);
        start.put((byte) 0x93).put("NUMPY\1\0".getBytes(StandardCharsets.US_ASCII));
        start.putShort((short) 118).put(header.getBytes(StandardCharsets.US_ASCII));
        while (start.position() < 127) {
            start.put((byte) ' ');
        }
        flush(start.put((byte) '\n'), out);
        SplittableRandom random = new SplittableRandom(1);
        ByteBuffer row = ByteBuffer.allocate(4 * COLUMNS).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < COLUMNS; j++) {
                row.putFloat((random.nextInt() >>> 8) * 0x1p-24f);
            }
            flush(row, out);
        }
    }

    /** Its first lines are written last, over their padding, since only then the number of rows is known. */
    private void writeMatrixMarket(FileChannel out) throws IOException {
        String title = "%%MatrixMarket matrix coordinate integer general\n";
        int sizes = 60;
        out.position(title.length() + sizes);
        SplittableRandom random = new SplittableRandom(1);
        ByteBuffer row = ByteBuffer.allocate(30 * SPARSE_NONZEROS);
        long rows = 0;
        while (out.position() < size * 1_000_000L) {
            rows++;
            int gap = SPARSE_COLUMNS / SPARSE_NONZEROS;
            for (int l = 0; l < SPARSE_NONZEROS; l++) {
                writeDigits(rows, 1, row);
                writeDigits(l * gap + 1 + random.nextInt(gap), 1, row.put((byte) ' '));
                writeDigits(1 + random.nextInt(4), 1, row.put((byte) ' '));
                row.put((byte) '\n');
            }
            flush(row, out);
        }
        String counts = rows + " " + SPARSE_COLUMNS + " " + rows * SPARSE_NONZEROS;
        String header = title + " ".repeat(sizes - 1 - counts.length()) + counts + "\n";
        out.write(ByteBuffer.wrap(header.getBytes(StandardCharsets.US_ASCII)), 0);
    }

    private void writeCsv(FileChannel out) throws IOException {
        SplittableRandom random = new SplittableRandom(1);
        ByteBuffer row = ByteBuffer.allocate(25 * COLUMNS);
        while (out.position() < size * 1_000_000L) {
            for (int j = 0; j < COLUMNS; j++) {
                switch (format) {
                    case "csv" -> writeDecimal(random, 6 + random.nextInt(4), row);
                    case "csv-double" -> writeDecimal(random, 17, row);
                    default -> {
                        if (random.nextInt(2) == 0) {
                            writeDigits(random.nextInt(1000), 1, row);
                        } else {
                            writeDigits(random.nextInt(100), 1, row);
                            writeDigits(random.nextInt(100), 2, row.put((byte) '.'));
                        }
                    }
                }
                row.put((byte) (j < COLUMNS - 1 ? ',' : '\n'));
            }
            flush(row, out);
        }
    }

    /** Writes so many digits, the point after one to four of them. */
    private static void writeDecimal(SplittableRandom random, int digits, ByteBuffer target) {
        int whole = 1 + random.nextInt(4);
        writeDigits(random.nextLong(power(whole - 1), power(whole)), whole, target);
        writeDigits(random.nextLong(power(digits - whole)), digits - whole, target.put((byte) '.'));
    }

    private static long power(int exponent) {
        long power = 1;
        for (int i = 0; i < exponent; i++) {
            power *= 10;
        }
        return power;
    }

    private static void writeDigits(long value, int least, ByteBuffer target) {
        if (value >= 10 || least > 1) {
            writeDigits(value / 10, least - 1, target);
        }
        target.put((byte) ('0' + value % 10));
    }

    private static void flush(ByteBuffer buffer, FileChannel out) throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            out.write(buffer);
        }
        buffer.clear();
    }
}
