package io.github.paenmf.backend.cuda;

import io.github.paenmf.benchmarks.Spread;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jcuda.Pointer;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasOperation;
import jcuda.runtime.cudaStream_t;

/** What the device can do at most: copying, and matrix products in float32 and TF32. */
public final class DeviceCeilings {

    private DeviceCeilings() {}

    /**
     * Measures.
     *
     * @param quick small sizes, to rehearse
     * @return one report for each measurement
     */
    public static List<Map<String, Object>> measure(boolean quick) {
        List<Map<String, Object>> reports = new ArrayList<>();
        reports.add(copy(quick));
        try (CudaContext context = CudaContext.open(0);
                DeviceArena arena = new DeviceArena(context)) {
            context.push();
            CUstream stream = context.newStream();
            DeviceTimer timer = arena.own(timer(context, stream, quick));
            cublasHandle handle = new cublasHandle();
            JCublas2.cublasCreate(handle);
            try {
                JCublas2.cublasSetStream(handle, new cudaStream_t(stream));
                int size = quick ? 64 : 8192;
                for (boolean tf32 : new boolean[] {false, true}) {
                    reports.add(product(arena, timer, stream, handle, tf32, size, size, size));
                    // P of the large workload: V·W, n × m by m × 3r.
                    reports.add(product(
                            arena,
                            timer,
                            stream,
                            handle,
                            tf32,
                            quick ? 256 : 100_000,
                            quick ? 24 : 192,
                            quick ? 65 : 2000));
                }
            } finally {
                JCublas2.cublasDestroy(handle);
                context.pop();
            }
        }
        return reports;
    }

    private static DeviceTimer timer(CudaContext context, CUstream stream, boolean quick) {
        return new DeviceTimer(context, stream, quick ? 1 : 20);
    }

    /** Copying from one place of the device's memory to another. */
    static Map<String, Object> copy(boolean quick) {
        long bytes = quick ? 1L << 20 : 1L << 30;
        Spread spread;
        try (CudaContext context = CudaContext.open(0);
                DeviceBuffer from = DeviceBuffer.allocate(context, bytes, "copy source");
                DeviceBuffer to = DeviceBuffer.allocate(context, bytes, "copy target")) {
            context.push();
            CUstream stream = context.newStream();
            CudaContext.check(
                    JCudaDriver.cuMemsetD8Async(from.pointer(), (byte) 0x3c, bytes, stream), "cuMemsetD8Async");
            try (DeviceTimer timer = timer(context, stream, quick)) {
                spread = timer.measure(i -> CudaContext.check(
                        JCudaDriver.cuMemcpyDtoDAsync(to.pointer(), from.pointer(), bytes, stream),
                        "cuMemcpyDtoDAsync"));
            }
            context.pop();
        }
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("measurement", "copy");
        report.put("bytesReadAndWritten", 2 * bytes);
        spread.addTo(report, "ms");
        report.put("gigabytesPerSecond", 2e-6 * bytes / spread.median());
        return report;
    }

    /** Row-major rows × columns = rows × depth by depth × columns, which is column-major with factors exchanged. */
    private static Map<String, Object> product(
            DeviceArena arena,
            DeviceTimer timer,
            CUstream stream,
            cublasHandle handle,
            boolean tf32,
            int rows,
            int columns,
            int depth) {
        DeviceBuffer a = constant(arena, 4L * rows * depth, stream);
        DeviceBuffer b = constant(arena, 4L * depth * columns, stream);
        DeviceBuffer c = constant(arena, 4L * rows * columns, stream);
        JCublas2.cublasSetMathMode(
                handle, tf32 ? cublasMath.CUBLAS_TF32_TENSOR_OP_MATH : cublasMath.CUBLAS_DEFAULT_MATH);
        Pointer one = Pointer.to(new float[] {1});
        Pointer zero = Pointer.to(new float[] {0});
        Spread spread = timer.measure(i -> {
            int status = JCublas2.cublasSgemm(
                    handle,
                    cublasOperation.CUBLAS_OP_N,
                    cublasOperation.CUBLAS_OP_N,
                    columns,
                    rows,
                    depth,
                    one,
                    b.pointer(),
                    columns,
                    a.pointer(),
                    depth,
                    zero,
                    c.pointer(),
                    columns);
            if (status != 0) {
                throw new CudaException("cublasSgemm failed with status " + status);
            }
        });
        for (DeviceBuffer buffer : List.of(a, b, c)) {
            buffer.close();
        }
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("measurement", "product " + rows + " x " + depth + " x " + columns);
        report.put("precision", tf32 ? "tf32" : "fp32");
        spread.addTo(report, "ms");
        report.put("teraflopsPerSecond", 2e-9 * rows * columns * depth / spread.median());
        return report;
    }

    /** Small numbers, as power and so clock depend on the values: each float is 0x3c3c3c3c, about 0.0115. */
    private static DeviceBuffer constant(DeviceArena arena, long bytes, CUstream stream) {
        DeviceBuffer buffer = arena.allocate(bytes, "factor of a product");
        CudaContext.check(JCudaDriver.cuMemsetD8Async(buffer.pointer(), (byte) 0x3c, bytes, stream), "cuMemsetD8Async");
        return buffer;
    }
}
