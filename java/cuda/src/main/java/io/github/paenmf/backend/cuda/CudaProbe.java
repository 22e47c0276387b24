package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.BackendUnavailableException;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUdevice;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** Whether CUDA can be used here, and with what, or why not and what to do; found out once. */
public final class CudaProbe {

    /** Oldest driver interface: that of CUDA 12.0. */
    private static final int OLDEST_DRIVER = 12000;

    /** Lowest compute capability that the kernels are compiled for, 8.0. */
    private static final int OLDEST_MAJOR = 8;

    private final String reason;
    private final int driverVersion;
    private final List<CudaDevice> devices;
    private final String blas;

    private CudaProbe(String reason, int driverVersion, List<CudaDevice> devices, String blas) {
        this.reason = reason;
        this.driverVersion = driverVersion;
        this.devices = List.copyOf(devices);
        this.blas = blas;
    }

    private static CudaProbe unavailable(String reason) {
        return new CudaProbe(reason, 0, List.of(), null);
    }

    /** What was found in this process; the first call loads the libraries. Never throws. */
    public static CudaProbe get() {
        return Holder.INSTANCE;
    }

    private static final class Holder {
        static final CudaProbe INSTANCE = look();
    }

    private static CudaProbe look() {
        if (!KernelImages.packaged().present()) {
            return unavailable("the jar paenmf-kernels is on neither the class path nor the module path; add it");
        }
        if (!jcudaPresent()) {
            return unavailable("JCuda is on neither the class path nor the module path; add the jars jcuda and jcublas,"
                    + " and their natives");
        }
        if (!KernelImages.packaged().built()) {
            return unavailable("this build has no CUDA kernels: nvcc was not found when it was built;"
                    + " put the CUDA toolkit's bin folder on PATH and build again");
        }
        try {
            Natives.loadDriver();
            int[] version = new int[1];
            CudaContext.check(JCudaDriver.cuDriverGetVersion(version), "cuDriverGetVersion");
            if (version[0] < OLDEST_DRIVER) {
                return unavailable("the NVIDIA driver supports CUDA " + version(version[0]) + ", and CUDA "
                        + version(OLDEST_DRIVER) + " or newer is needed; update the driver");
            }
            int result = JCudaDriver.cuInit(0);
            if (result != CUresult.CUDA_SUCCESS) {
                return unavailable(whyNotInitialised(result));
            }
            List<CudaDevice> devices = queryDevices();
            if (devices.isEmpty()) {
                return unavailable(whyNotInitialised(CUresult.CUDA_ERROR_NO_DEVICE));
            }
            if (devices.stream().noneMatch(device -> device.major() >= OLDEST_MAJOR)) {
                CudaDevice first = devices.get(0);
                return unavailable("the kernels need a device of compute capability " + OLDEST_MAJOR
                        + ".0 or higher, and " + first.name() + " has " + first.computeCapability());
            }
            return new CudaProbe(null, version[0], devices, Natives.loadBlas());
        } catch (LinkageError | RuntimeException e) {
            return unavailable(e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    private static boolean jcudaPresent() {
        try {
            for (String name : List.of("jcuda.driver.JCudaDriver", "jcuda.jcublas.JCublas2")) {
                Class.forName(name, false, CudaProbe.class.getClassLoader());
            }
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    private static List<CudaDevice> queryDevices() {
        int[] count = new int[1];
        CudaContext.check(JCudaDriver.cuDeviceGetCount(count), "cuDeviceGetCount");
        List<CudaDevice> devices = new ArrayList<>();
        for (int i = 0; i < count[0]; i++) {
            CUdevice device = new CUdevice();
            CudaContext.check(JCudaDriver.cuDeviceGet(device, i), "cuDeviceGet " + i);
            devices.add(CudaDevice.query(i, device));
        }
        return devices;
    }

    private static String whyNotInitialised(int result) {
        return switch (result) {
            case CUresult.CUDA_ERROR_NO_DEVICE ->
                "the NVIDIA driver sees no device"
                        + (System.getenv("CUDA_VISIBLE_DEVICES") == null
                                ? "; nvidia-smi lists those that work"
                                : "; CUDA_VISIBLE_DEVICES is '" + System.getenv("CUDA_VISIBLE_DEVICES") + "'");
            case CUresult.CUDA_ERROR_STUB_LIBRARY ->
                "libcuda.so.1 is the toolkit's stub, not a driver;"
                        + " take the toolkit's stubs folder out of LD_LIBRARY_PATH";
            case CUresult.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH ->
                "libcuda.so.1 and the kernel's NVIDIA module are of"
                        + " different versions; restart the machine, or the container after an update of the driver";
            default ->
                "the NVIDIA driver does not start: " + CUresult.stringFor(result)
                        + " in cuInit; nvidia-smi may say more";
        };
    }

    private static String version(int number) {
        return number / 1000 + "." + number % 1000 / 10;
    }

    /** Whether there is a device that can be used, with all that it needs. */
    public boolean available() {
        return reason == null;
    }

    /** Why CUDA is unavailable, and what to do; null where it is available. */
    public String reason() {
        return reason;
    }

    /** The devices, by number; none where CUDA is unavailable. */
    public List<CudaDevice> devices() {
        return devices;
    }

    /**
     * One of the devices.
     *
     * @throws BackendUnavailableException if there is no such device, or CUDA is unavailable, with the reason
     */
    public CudaDevice device(int index) {
        if (!available()) {
            throw new BackendUnavailableException("CUDA unavailable: " + reason);
        }
        int count = devices.size();
        if (index < 0 || index >= count) {
            throw new BackendUnavailableException("there is no CUDA device " + index + ": this machine has " + count
                    + (count == 1 ? ", number 0" : ", numbers 0 to " + (count - 1)));
        }
        return devices.get(index);
    }

    /** The CUDA version that the driver supports, such as {@code 12.6}. */
    public String driverVersion() {
        return version(driverVersion);
    }

    /** Version and file of cuBLAS; null where CUDA is unavailable. */
    public String blas() {
        return blas;
    }

    /** Architectures that the kernels were compiled for, such as {@code sm_90}; later ones run their PTX. */
    public List<String> architectures() {
        return KernelImages.packaged().architectures();
    }

    /** SHA-256 of the kernels' sources; empty in a build without kernels. */
    public String sourceHash() {
        return KernelImages.packaged().sourceHash();
    }
}
