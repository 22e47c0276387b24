package io.github.paenmf.backend.cuda;

import io.github.paenmf.benchmarks.Spread;
import java.util.Arrays;
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
public final class SparseTimes {

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
    private final CudaContext context;
    private final DeviceArena arena;
    private final CUstream stream;
    private final SparseKernels kernels;
    private final long sum;
    private final DeviceSparseRows v;
    private final int tiles;
    private final DeviceBuffer counts;
    private final DeviceColumns byColumn;

    private SparseTimes(Shape shape, CudaContext context, DeviceArena arena) {
        this.shape = shape;
        this.context = context;
        this.arena = arena;
        stream = context.newStream();
        kernels = new SparseKernels(context.module(), context.device());
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
        counts = allocate(4L * tiles * shape.columns);
        byColumn = new DeviceColumns(
                allocate(8L * (shape.columns + 1)).pointer(),
                allocate(4L * count).pointer(),
                allocate(4L * count).pointer(),
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

    private DeviceBuffer allocate(long bytes) {
        return arena.allocate(bytes, "an argument of a kernel");
    }

    private CUdeviceptr uploaded(Pointer values, long bytes) {
        DeviceBuffer buffer = allocate(bytes);
        buffer.upload(values, bytes, stream);
        return buffer.pointer();
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
    public static void measure(boolean quick, long deadlineNanos, Consumer<Map<String, Object>> sink) {
        for (Shape shape : shapes(quick)) {
            CudaContext context = CudaContext.open(0);
            context.push();
            DeviceArena arena = new DeviceArena(context);
            arena.own(context);
            try {
                SparseTimes times = arena.construct(() -> new SparseTimes(shape, context, arena));
                times.measureAll(quick, deadlineNanos, sink);
            } finally {
                arena.close();
                context.pop();
            }
        }
    }

    private void measureAll(boolean quick, long deadlineNanos, Consumer<Map<String, Object>> sink) {
        try (DeviceTimer timer = new DeviceTimer(context, stream, quick ? 1 : 5)) {
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
        try (DeviceBuffer x = ones(shape.columns, components);
                DeviceBuffer p = ones(shape.rows, components)) {
            DeviceMatrix factor = DeviceMatrix.of(x.pointer(), shape.columns, components);
            DeviceMatrix target = DeviceMatrix.of(p.pointer(), shape.rows, components);
            Spread spread = timer.measure(number -> kernels.project(v, factor, 1, target, stream));
            addProduct(report, spread, components);
            check(report, p, components);
        }
    }

    private void accumulate(int components, DeviceTimer timer, Map<String, Object> report) {
        long partBytes = 4 * SparseKernels.parts(shape.nonzeros(), components);
        try (DeviceBuffer s = ones(shape.rows, components);
                DeviceBuffer q = ones(shape.columns, components);
                DeviceBuffer parts = DeviceBuffer.allocate(context, partBytes, "parts")) {
            DeviceMatrix rows = DeviceMatrix.of(s.pointer(), shape.rows, components);
            DeviceMatrix target = DeviceMatrix.of(q.pointer(), shape.columns, components);
            Spread spread = timer.measure(
                    number -> kernels.accumulate(byColumn, rows, 1, false, target, parts.pointer(), stream));
            addProduct(report, spread, components);
            check(report, q, components);
        }
    }

    private DeviceBuffer ones(int rows, int components) {
        float[] values = new float[rows * components];
        Arrays.fill(values, 1);
        DeviceBuffer buffer = DeviceBuffer.allocate(context, 4L * values.length, "a factor");
        buffer.upload(Pointer.to(values), buffer.bytes(), stream);
        return buffer;
    }

    /** Products with ones are sums of counts, which are exact. */
    private void check(Map<String, Object> report, DeviceBuffer product, int components) {
        float[] values = new float[(int) (product.bytes() / 4)];
        product.download(Pointer.to(values), product.bytes(), stream);
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
}
