package io.github.paenmf.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;

/**
 * Sets of buffers of the same sizes that launches take in turn, all together {@value #CACHES} times as large as the
 * L2 cache where that takes at most {@value #MOST_SETS} of them: so a launch finds nothing of its own in the cache.
 */
final class Rotation {

    private static final int CACHES = 4;
    private static final int MOST_SETS = 1024;
    private static final long ALIGNMENT = 256;

    private final Device device;
    private final Device.Buffer memory;
    private final List<List<CUdeviceptr>> sets = new ArrayList<>();
    private final long setBytes;
    private final long cacheBytes;

    /**
     * @param bytes of each buffer of a set
     */
    Rotation(Device device, long... bytes) {
        this.device = device;
        long size = 0;
        for (long buffer : bytes) {
            size += aligned(buffer);
        }
        setBytes = size;
        cacheBytes = device.cacheBytes();
        int count = (int) Math.max(2, Math.min(MOST_SETS, CACHES * cacheBytes / setBytes + 1));
        memory = device.allocate(count * setBytes);
        for (int set = 0; set < count; set++) {
            long at = set * setBytes;
            List<CUdeviceptr> buffers = new ArrayList<>();
            for (long buffer : bytes) {
                buffers.add(memory.pointer(at));
                at += aligned(buffer);
            }
            sets.add(buffers);
        }
    }

    private static long aligned(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /** A buffer of the set whose turn it is. */
    CUdeviceptr buffer(int launch, int index) {
        return sets.get(Math.floorMod(launch, sets.size())).get(index);
    }

    /** Makes all sets what the first one is. */
    void copyFirst() {
        for (int set = 1; set < sets.size(); set++) {
            Device.check(
                    JCudaDriver.cuMemcpyDtoDAsync(
                            memory.pointer(set * setBytes), memory.pointer(), setBytes, device.stream()),
                    "cuMemcpyDtoDAsync");
        }
    }

    /** How much there is, and so where a launch finds its buffers. */
    void addTo(Map<String, Object> report) {
        report.put("bufferSets", sets.size());
        report.put("bufferBytes", memory.bytes());
        report.put("l2Bytes", cacheBytes);
        report.put("readsFrom", memory.bytes() >= CACHES * cacheBytes ? "DRAM" : "L2");
    }
}
