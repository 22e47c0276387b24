package io.github.paenmf.backend.cuda;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.JCudaDriver;

/**
 * What the driver says of a device.
 *
 * @param index number of the device, as the driver counts
 * @param name of the product
 * @param major compute capability, before the dot
 * @param minor compute capability, after the dot
 * @param multiprocessors number of streaming multiprocessors
 * @param sharedMemoryPerBlock bytes of shared memory that a block may have, where a kernel opts in
 * @param cooperativeLaunch whether it can launch a kernel whose blocks wait for each other
 * @param memoryBytes bytes of memory
 */
public record CudaDevice(
        int index,
        String name,
        int major,
        int minor,
        int multiprocessors,
        int sharedMemoryPerBlock,
        boolean cooperativeLaunch,
        long memoryBytes) {

    /** Asks the driver, which has been initialised. */
    static CudaDevice query(int index, CUdevice device) {
        byte[] name = new byte[256];
        CudaContext.check(JCudaDriver.cuDeviceGetName(name, name.length, device), "cuDeviceGetName");
        long[] bytes = new long[1];
        CudaContext.check(JCudaDriver.cuDeviceTotalMem(bytes, device), "cuDeviceTotalMem");
        return new CudaDevice(
                index,
                new String(name, StandardCharsets.UTF_8)
                        .replaceFirst("\0.*", "")
                        .strip(),
                attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
                attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
                attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
                attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN),
                attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH) != 0,
                bytes[0]);
    }

    private static int attribute(CUdevice device, int attribute) {
        int[] value = new int[1];
        CudaContext.check(
                JCudaDriver.cuDeviceGetAttribute(value, attribute, device),
                "cuDeviceGetAttribute " + CUdevice_attribute.stringFor(attribute));
        return value[0];
    }

    /**
     * Warps of a block, at most so many, where a warp has a task and shares nothing with others: fewer where there would be
     * fewer blocks than multiprocessors.
     */
    int warps(int tasks, int most) {
        int warps = most;
        while (warps > 1 && (tasks - 1) / warps + 1 < multiprocessors) {
            warps /= 2;
        }
        return warps;
    }

    /** Compute capability, such as {@code 9.0}. */
    public String computeCapability() {
        return major + "." + minor;
    }

    /** Whether it is the stand-in that the tests run on, which is no GPU and has no GPU's speed. */
    public boolean emulated() {
        return name.toLowerCase(Locale.ROOT).contains("emulat");
    }
}
