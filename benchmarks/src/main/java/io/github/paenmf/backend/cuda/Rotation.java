package io.github.paenmf.backend.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * Sets of buffers of the same sizes that launches take in turn, all together {@value #CACHES} times as large as the
 * L2 cache where that takes at most {@value #MOST_SETS} of them: so a launch finds nothing of its own in the cache.
 */
final class Rotation {

    private static final int CACHES = 4;
    private static final int MOST_SETS = 1024;
    private static final long ALIGNMENT = 256;

    private final DeviceBuffer memory;
    private final List<List<CUdeviceptr>> sets = new ArrayList<>();
    private final long setBytes;
    private final long cacheBytes;

    /**
     * @param bytes of each buffer of a set
     */
    Rotation(CudaContext context, DeviceArena arena, long... bytes) {
        long size = 0;
        for (long buffer : bytes) {
            size += aligned(buffer);
        }
        setBytes = size;
        cacheBytes = cacheBytes(context);
        int count = (int) Math.max(2, Math.min(MOST_SETS, CACHES * cacheBytes / setBytes + 1));
        memory = arena.allocate(count * setBytes, count + " sets of buffers");
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

    private static long cacheBytes(CudaContext context) {
        CUdevice device = new CUdevice();
        CudaContext.check(JCudaDriver.cuDeviceGet(device, context.device().index()), "cuDeviceGet");
        int[] bytes = new int[1];
        CudaContext.check(
                JCudaDriver.cuDeviceGetAttribute(bytes, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, device),
                "cuDeviceGetAttribute of the L2 cache");
        return bytes[0];
    }

    /** A buffer of the set whose turn it is. */
    CUdeviceptr buffer(int launch, int index) {
        return sets.get(Math.floorMod(launch, sets.size())).get(index);
    }

    /** Makes all sets what the first one is. */
    void copyFirst(CUstream stream) {
        for (int set = 1; set < sets.size(); set++) {
            CudaContext.check(
                    JCudaDriver.cuMemcpyDtoDAsync(memory.pointer(set * setBytes), memory.pointer(), setBytes, stream),
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
