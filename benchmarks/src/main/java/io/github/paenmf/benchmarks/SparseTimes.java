package io.github.paenmf.benchmarks;

import io.github.paenmf.backend.cuda.DeviceColumns;
import io.github.paenmf.backend.cuda.DeviceMatrix;
import io.github.paenmf.backend.cuda.DeviceSparseRows;
import io.github.paenmf.backend.cuda.SparseKernels;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;

/**
 * Products with sparse rows, launch after launch on one stream: P = V·W, the order of columns, and Q = VᵀS. Nonzeros take
 * more than the L2 cache, W and S of most shapes less; so the bytes of nonzeros are those of device memory, and what is
 * gathered of W or S by a nonzero comes from the cache.
 */
final class SparseTimes implements AutoCloseable {

    private static final int GREATEST = 9;

    /**
     * What to time.
     *
     * @param name for the report
     * @param rows n
     * @param columns m
     * @param rowNonzeros of each row
     * @param skewed whether the first columns have most of them, as words have
     */
    private record Shape(String name, int rows, int columns, int rowNonzeros, boolean skewed) {

        long nonzeros() {
            return (long) rows * rowNonzeros;
        }
    }

    private final Shape shape;
    private final Device device;
    private final CUstream stream;
    private final SparseKernels kernels;
    private final long sum;
    private final DeviceSparseRows v;
    private final int tiles;
    private final Device.Buffer counts;
    private final DeviceColumns byColumn;

    private SparseTimes(Shape shape, Device device) {
        this.shape = shape;
        this.device = device;
        stream = device.stream();
        kernels = device.kernels().sparse();
        int count = Math.toIntExact(shape.nonzeros());
        long[] starts = new long[shape.rows + 1];
        int[] columns = new int[count];
        float[] values = new float[count];
        sum = fill(starts, columns, values);
        v = new DeviceSparseRows(
                uploaded(Pointer.to(starts), 8L * starts.length),
                uploaded(Pointer.to(columns), 4L * count),
                uploaded(Pointer.to(values), 4L * count),
                null,
                0,
                shape.rows,
                shape.columns);
        tiles = kernels.tiles(shape.rows, shape.columns, count);
        counts = device.allocate(4L * tiles * shape.columns);
        byColumn = new DeviceColumns(
                device.allocate(8L * (shape.columns + 1)).pointer(),
                device.allocate(4L * count).pointer(),
                device.allocate(4L * count).pointer(),
                count);
        orderColumns(0);
    }

    /** Counts from 1 to 9, of which it returns the sum. */
    private long fill(long[] starts, int[] columns, float[] values) {
        SplittableRandom random = new SplittableRandom(1);
        long total = 0;
        int at = 0;
        for (int i = 0; i < shape.rows; i++) {
            int least = 0;
            for (int l = 0; l < shape.rowNonzeros; l++) {
                double place = (l + random.nextDouble()) / shape.rowNonzeros;
                int column = (int) (shape.columns * (shape.skewed ? place * place * place : place));
                // ascending, with room for those to come
                least = Math.min(Math.max(least, column), shape.columns - shape.rowNonzeros + l);
                columns[at] = least++;
                int value = 1 + random.nextInt(GREATEST);
                total += value;
                values[at++] = value;
            }
            starts[i + 1] = at;
        }
        return total;
    }

    private CUdeviceptr uploaded(Pointer values, long bytes) {
        return device.allocate(bytes).upload(values).pointer();
    }

    private void orderColumns(int number) {
        kernels.orderColumns(v, tiles, counts.pointer(), byColumn, stream);
    }

    /** Cells by genes at 1 %, and texts by words; ranks of a step of NMF and of PAE-NMF, and one that fills lanes. */
    private static List<Shape> shapes(boolean quick) {
        return quick
                ? List.of(new Shape("cells", 300, 400, 20, false), new Shape("texts", 300, 200, 15, true))
                : List.of(
                        new Shape("cells", 100_000, 20_000, 200, false), new Shape("texts", 200_000, 30_000, 80, true));
    }

    private static List<Integer> components(boolean quick) {
        return quick ? List.of(5, 40) : List.of(20, 60, 128);
    }

    /**
     * Measures.
     *
     * @param quick small sizes, to rehearse
     * @param deadlineNanos of {@link System#nanoTime()}, after which nothing new is started
     * @param sink gets a report as soon as it is there
     */
    static void measure(boolean quick, long deadlineNanos, Consumer<Map<String, Object>> sink) {
        for (Shape shape : shapes(quick)) {
            try (SparseTimes times = Device.open(device -> new SparseTimes(shape, device))) {
                times.measureAll(quick, deadlineNanos, sink);
            }
        }
    }

    private void measureAll(boolean quick, long deadlineNanos, Consumer<Map<String, Object>> sink) {
        try (DeviceTimer timer = new DeviceTimer(device, quick ? 1 : 5)) {
            Map<String, Object> ordering = report("order of columns", 0);
            // columns twice, values, rows and values again
            add(ordering, timer.measure(this::orderColumns), 20 * shape.nonzeros());
            sink.accept(ordering);
            for (int components : components(quick)) {
                for (String kernel : List.of("sparse_project", "sparse_accumulate")) {
                    Map<String, Object> report = report(kernel, components);
                    if (System.nanoTime() > deadlineNanos) {
                        report.put("error", "not started: out of time");
                    } else if (kernel.equals("sparse_project")) {
                        project(components, timer, report);
                    } else {
                        accumulate(components, timer, report);
                    }
                    sink.accept(report);
                }
            }
        }
    }

    private void project(int components, DeviceTimer timer, Map<String, Object> report) {
        try (Device.Buffer x = ones(shape.columns, components);
                Device.Buffer p = ones(shape.rows, components)) {
            DeviceMatrix factor = DeviceMatrix.of(x.pointer(), shape.columns, components);
            DeviceMatrix target = DeviceMatrix.of(p.pointer(), shape.rows, components);
            Spread spread = timer.measure(number -> kernels.project(v, factor, 1, target, stream));
            addProduct(report, spread, components);
            check(report, p, components);
        }
    }

    private void accumulate(int components, DeviceTimer timer, Map<String, Object> report) {
        long partBytes = 4 * SparseKernels.parts(shape.nonzeros(), components);
        try (Device.Buffer s = ones(shape.rows, components);
                Device.Buffer q = ones(shape.columns, components);
                Device.Buffer parts = device.allocate(partBytes)) {
            DeviceMatrix rows = DeviceMatrix.of(s.pointer(), shape.rows, components);
            DeviceMatrix target = DeviceMatrix.of(q.pointer(), shape.columns, components);
            Spread spread = timer.measure(
                    number -> kernels.accumulate(byColumn, rows, 1, false, target, parts.pointer(), stream));
            addProduct(report, spread, components);
            check(report, q, components);
        }
    }

    private Device.Buffer ones(int rows, int components) {
        return device.allocate(4L * rows * components).fill(1);
    }

    /** Products with ones are sums of counts, which are exact. */
    private void check(Map<String, Object> report, Device.Buffer product, int components) {
        float[] values = new float[(int) (product.bytes() / 4)];
        product.download(Pointer.to(values));
        double total = 0;
        for (float value : values) {
            total += value;
        }
        report.put("checked", total == (double) sum * components);
    }

    private Map<String, Object> report(String kernel, int components) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("kernel", kernel);
        report.put("shape", shape.name);
        report.put("rows", shape.rows);
        report.put("columns", shape.columns);
        report.put("nonzeros", shape.nonzeros());
        report.put("components", components);
        return report;
    }

    private void addProduct(Map<String, Object> report, Spread spread, int components) {
        long factors = 4L * components * (shape.rows + shape.columns);
        add(report, spread, 8 * shape.nonzeros() + factors);
        report.put("gatheredGigabytesPerSecond", 4e-6 * components * shape.nonzeros() / spread.median());
    }

    private static void add(Map<String, Object> report, Spread spread, long bytes) {
        report.put("bytesMoved", bytes);
        spread.addTo(report, "ms");
        report.put("gigabytesPerSecond", 1e-6 * bytes / spread.median());
    }

    @Override
    public void close() {
        device.close();
    }
}
