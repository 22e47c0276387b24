package io.github.paenmf.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jcuda.driver.JCudaDriver;

/** What the device can do at most: copying, and matrix products in float32 and TF32. */
final class DeviceCeilings {

    /** Of all factors: small, as power and so clock depend on the values. */
    private static final float VALUE = 0.0115f;

    private DeviceCeilings() {}

    /**
     * Measures.
     *
     * @param quick small sizes, to rehearse
     * @return one report for each measurement
     */
    static List<Map<String, Object>> measure(boolean quick) {
        List<Map<String, Object>> reports = new ArrayList<>();
        try (Device device = Device.open(opened -> opened);
                DeviceTimer timer = timer(device, quick)) {
            reports.add(copy(device, timer, quick));
            DeviceProducts products = device.own(new DeviceProducts(device));
            int size = quick ? 64 : 8192;
            for (boolean tf32 : new boolean[] {false, true}) {
                reports.add(product(device, timer, products, tf32, size, size, size));
                // P of the large workload: V·W, n × m by m × 3r.
                reports.add(product(
                        device, timer, products, tf32, quick ? 256 : 100_000, quick ? 24 : 192, quick ? 65 : 2000));
            }
        }
        return reports;
    }

    private static DeviceTimer timer(Device device, boolean quick) {
        return new DeviceTimer(device, quick ? 1 : 20);
    }

    /** Copying from one place of the device's memory to another. */
    static Map<String, Object> copy(boolean quick) {
        try (Device device = Device.open(opened -> opened);
                DeviceTimer timer = timer(device, quick)) {
            return copy(device, timer, quick);
        }
    }

    private static Map<String, Object> copy(Device device, DeviceTimer timer, boolean quick) {
        long bytes = quick ? 1L << 20 : 1L << 30;
        Spread spread;
        try (Device.Buffer from = device.allocate(bytes).fill(VALUE);
                Device.Buffer to = device.allocate(bytes)) {
            spread = timer.measure(i -> Device.check(
                    JCudaDriver.cuMemcpyDtoDAsync(to.pointer(), from.pointer(), bytes, device.stream()),
                    "cuMemcpyDtoDAsync"));
        }
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("measurement", "copy");
        report.put("bytesReadAndWritten", 2 * bytes);
        spread.addTo(report, "ms");
        report.put("gigabytesPerSecond", 2e-6 * bytes / spread.median());
        return report;
    }

    private static Map<String, Object> product(
            Device device, DeviceTimer timer, DeviceProducts products, boolean tf32, int rows, int columns, int depth) {
        Spread spread;
        try (Device.Buffer a = device.allocate(4L * rows * depth).fill(VALUE);
                Device.Buffer b = device.allocate(4L * depth * columns).fill(VALUE);
                Device.Buffer c = device.allocate(4L * rows * columns)) {
            products.setTf32(tf32);
            spread = timer.measure(i ->
                    products.multiply(rows, columns, depth, a.pointer(), depth, b.pointer(), columns, c.pointer()));
        }
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("measurement", "product " + rows + " x " + depth + " x " + columns);
        report.put("precision", tf32 ? "tf32" : "fp32");
        spread.addTo(report, "ms");
        report.put("teraflopsPerSecond", 2e-9 * rows * columns * depth / spread.median());
        return report;
    }
}
