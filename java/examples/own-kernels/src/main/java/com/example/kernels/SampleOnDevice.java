package com.example.kernels;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.backend.cuda.WeibullConstants;
import io.github.paenmf.backend.cuda.WeibullKernels;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** A context, buffers and a stream of its own, and the kernels of paenmf: the program of the README. */
public final class SampleOnDevice {

    private SampleOnDevice() {}

    /** Samples Weibull distributions on the device, and prints the samples and their KL divergence. */
    public static void main(String[] arguments) {
        int rows = 2;
        int rank = 4;
        float[] lambda = {0.5f, 1f, 2f, 4f, 0.5f, 1f, 2f, 4f};
        float[] k = {1f, 1f, 1f, 1f, 3f, 3f, 3f, 3f};

        JCudaDriver.setExceptionsEnabled(true);
        JCudaDriver.cuInit(0);
        CUdevice device = new CUdevice();
        JCudaDriver.cuDeviceGet(device, 0);
        CUcontext context = new CUcontext();
        JCudaDriver.cuDevicePrimaryCtxRetain(context, device);
        JCudaDriver.cuCtxSetCurrent(context);
        CUstream stream = new CUstream();
        JCudaDriver.cuStreamCreate(stream, 0);
        CUdeviceptr deviceLambda = upload(lambda);
        CUdeviceptr deviceK = upload(k);
        CUdeviceptr deviceH = upload(new float[rows * rank]);

        try (WeibullKernels kernels = WeibullKernels.load()) {
            WeibullConstants constants =
                    WeibullConstants.of(PaeNmf.builder().rank(rank).build().configuration(), 1, 1);
            int blocks = kernels.blocks((long) rows * rank);
            CUdeviceptr deviceKl = new CUdeviceptr();
            JCudaDriver.cuMemAlloc(deviceKl, 8L * blocks);

            // noise of the Philox generator: seed 42, step 0, purpose 0, rows 0 and 1
            kernels.sample(deviceLambda, deviceK, null, deviceH, null, 0, rows, rank, 42, 0, 0, stream);
            kernels.kl(deviceLambda, deviceK, null, deviceKl, (long) rows * rank, constants, stream);

            float[] h = new float[rows * rank];
            double[] kl = new double[blocks];
            JCudaDriver.cuStreamSynchronize(stream);
            JCudaDriver.cuMemcpyDtoH(Pointer.to(h), deviceH, 4L * h.length);
            JCudaDriver.cuMemcpyDtoH(Pointer.to(kl), deviceKl, 8L * blocks);
            System.out.println(Arrays.toString(h) + " " + Arrays.stream(kl).sum());
            JCudaDriver.cuMemFree(deviceKl);
        }
        for (CUdeviceptr buffer : new CUdeviceptr[] {deviceLambda, deviceK, deviceH}) {
            JCudaDriver.cuMemFree(buffer);
        }
        JCudaDriver.cuStreamDestroy(stream);
        JCudaDriver.cuDevicePrimaryCtxRelease(device);
    }

    private static CUdeviceptr upload(float[] values) {
        CUdeviceptr pointer = new CUdeviceptr();
        JCudaDriver.cuMemAlloc(pointer, 4L * values.length);
        JCudaDriver.cuMemcpyHtoD(pointer, Pointer.to(values), 4L * values.length);
        return pointer;
    }
}
