package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Goes with every test of group "cuda": such tests need kernels in the build, and must leave nothing on the device.
 * JUnit finds it as a service.
 */
public final class CudaTests implements ExecutionCondition, BeforeAllCallback, AfterAllCallback {

    /** NaN as arithmetic of a GPU makes it: all bits but the sign are set. The emulated device passes it on. */
    static final float NAN_OF_A_GPU = Float.intBitsToFloat(0x7fffffff);

    private static final AtomicBoolean SAID = new AtomicBoolean();
    private static final AtomicBoolean KEPT = new AtomicBoolean();

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        if (!context.getTags().contains("cuda") || KernelImages.packaged().built()) {
            return ConditionEvaluationResult.enabled(null);
        }
        String reason = "the tests of group cuda are skipped: there was no nvcc to build kernels for them";
        if ("true".equals(System.getenv("CI"))) {
            throw new IllegalStateException(reason + ", and CI=true asks for all tests");
        }
        if (!SAID.getAndSet(true)) {
            System.out.println(reason);
        }
        return ConditionEvaluationResult.disabled(reason);
    }

    /** A GPU takes longer to make a context than for most tests: the first is kept until the process ends. */
    @Override
    public void beforeAll(ExtensionContext context) {
        if (!context.getTags().contains("cuda")) {
            return;
        }
        CudaProbe probe = CudaProbe.get();
        if (probe.available() && !probe.devices().get(0).emulated() && !KEPT.getAndSet(true)) {
            CUdevice device = new CUdevice();
            CudaContext.check(JCudaDriver.cuDeviceGet(device, 0), "cuDeviceGet");
            CudaContext.check(
                    JCudaDriver.cuDevicePrimaryCtxRetain(new CUcontext(), device), "cuDevicePrimaryCtxRetain");
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (context.getTags().contains("cuda") && context.getParent().equals(Optional.of(context.getRoot()))) {
            assertEquals(0, Lifetime.live(), "contexts, buffers and graphs that were not closed");
        }
    }
}
