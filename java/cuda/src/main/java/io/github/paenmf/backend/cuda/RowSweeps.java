package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.VbRowPosterior;
import io.github.paenmf.model.FittedVb;
import java.util.Arrays;
import java.util.stream.IntStream;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * The means of coefficients of rows under a fitted variational NMF, on the device: sweeps from a cold start until each
 * row has converged, by itself. Rows that have are dropped whenever they are half of those swept over.
 */
final class RowSweeps {

    private final int r;
    private final CUstream stream;
    private final PosteriorKernels sweeps;
    private final VbKernels kernels;
    private final WeibullKernels gathering;
    private final DeviceBuffer gram;
    private final DeviceBuffer parameters;
    private final DeviceBuffer sums;
    /** Of the rows of a run, r columns each. */
    private final DeviceBuffer means;

    private final DeviceBuffer variance;
    private final DeviceBuffer inclusion;
    private final DeviceBuffer[] x = new DeviceBuffer[2];
    private final DeviceBuffer spareNumerator;
    /** Which rows are swept over, whether each is settled, and which of them stay. */
    private final DeviceBuffer ids;

    private final DeviceBuffer settled;
    private final DeviceBuffer staying;

    /** Bytes of the device's memory for each row of a run. */
    static long rowBytes(int rank) {
        return 4L * (6 * rank + 3);
    }

    /**
     * Allocates.
     *
     * @param secondMoments E[WᵀW], r × r
     * @param mostRows of a run
     */
    RowSweeps(FittedVb model, float[] secondMoments, int mostRows, DeviceWorkspace device) {
        CudaContext context = device.context();
        this.r = model.rank();
        this.stream = device.stream();
        this.sweeps = new PosteriorKernels(context.module(), context.device());
        this.kernels = new VbKernels(context.module(), context.device());
        this.gathering = device.kernels();
        gram = device.allocate(4L * r * r, "second moments");
        parameters = device.allocate(4L * VbKernels.parameters(r), "priors");
        int mostBlocks = sweeps.launch(Integer.MAX_VALUE, r).blocks();
        sums = device.allocate(8L * VbKernels.sums(r) * mostBlocks, "partial sums");
        String what = "posteriors of " + mostRows + " rows";
        long bytes = 4L * r * mostRows;
        means = device.allocate(bytes, what);
        variance = device.allocate(bytes, what);
        inclusion = device.allocate(bytes, what);
        x[0] = device.allocate(bytes, what);
        x[1] = device.allocate(bytes, what);
        spareNumerator = device.allocate(bytes, what);
        ids = device.allocate(4L * mostRows, what);
        settled = device.allocate(4L * mostRows, what);
        staying = device.allocate(4L * mostRows, what);
        gram.upload(secondMoments, stream);
        setPriors(model, context);
    }

    private void setPriors(FittedVb model, CudaContext context) {
        try (DeviceBuffer priors = DeviceBuffer.allocate(context, 8L * VbKernels.priors(r), "priors");
                DeviceBuffer ofW = DeviceBuffer.allocate(context, parameters.bytes(), "priors")) {
            VbDevicePriors.upload(model.configuration(), model.parameters(), priors, stream);
            kernels.posteriorParameters(priors.pointer(), parameters.pointer(), ofW.pointer(), r, stream);
            CudaContext.check(JCudaDriver.cuStreamSynchronize(stream), "cuStreamSynchronize");
        }
    }

    /**
     * Each row's means are those after the first sweep that changed none of them by more than the bound.
     *
     * @param numerators V·W of the scaled data, rows × r; not what it was afterwards
     * @param target receives the means, rows × r
     */
    void means(CUdeviceptr numerators, int rows, float[] target) {
        CUdeviceptr numerator = numerators;
        CUdeviceptr spare = spareNumerator.pointer();
        CUdeviceptr values = x[0].pointer();
        CUdeviceptr before = x[1].pointer();
        kernels.coldStart(numerator, gram.pointer(), values, rows, r, stream);
        int[] swept = IntStream.range(0, rows).toArray();
        begin(swept);
        for (int sweep = 1; swept.length > 0; sweep++) {
            copy(values, before, swept.length);
            sweep(values, numerator, swept.length);
            settle(values, before, swept.length, sweep == VbRowPosterior.MOST_SWEEPS);
            int[] stay = unsettled(swept.length);
            if (stay.length > swept.length / 2) {
                continue;
            }
            int[] now = swept;
            swept = Arrays.stream(stay).map(i -> now[i]).toArray();
            if (swept.length > 0) {
                staying.upload(stay, stream);
                gathering.gatherRows(values, staying.pointer(), before, r, stay.length, stream);
                gathering.gatherRows(numerator, staying.pointer(), spare, r, stay.length, stream);
                CUdeviceptr left = before;
                before = values;
                values = left;
                left = spare;
                spare = numerator;
                numerator = left;
                begin(swept);
            }
        }
        means.download(0, target, 0, rows * r, stream);
    }

    private void begin(int[] swept) {
        ids.upload(swept, stream);
        settled.clear(stream);
    }

    private void copy(CUdeviceptr from, CUdeviceptr to, int rows) {
        CudaContext.check(JCudaDriver.cuMemcpyDtoDAsync(to, from, 4L * rows * r, stream), "cuMemcpyDtoDAsync");
    }

    private void sweep(CUdeviceptr values, CUdeviceptr numerator, int rows) {
        sweeps.sweep(
                sweeps.launch(rows, r),
                values,
                numerator,
                gram.pointer(),
                parameters.pointer(),
                variance.pointer(),
                inclusion.pointer(),
                sums.pointer(),
                rows,
                r,
                stream);
    }

    private void settle(CUdeviceptr values, CUdeviceptr before, int rows, boolean last) {
        kernels.settleRows(
                values,
                before,
                ids.pointer(),
                means.pointer(),
                settled.pointer(),
                rows,
                r,
                VbRowPosterior.CONVERGED,
                last,
                stream);
    }

    /** Which of the rows swept over are not settled. */
    private int[] unsettled(int rows) {
        int[] flags = new int[rows];
        settled.download(flags, stream);
        return IntStream.range(0, rows).filter(i -> flags[i] == 0).toArray();
    }
}
