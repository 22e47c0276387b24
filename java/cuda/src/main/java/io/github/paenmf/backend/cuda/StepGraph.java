package io.github.paenmf.backend.cuda;

import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/** One or more recorded steps, which one call launches again with the same arguments. */
final class StepGraph implements AutoCloseable {

    private final CUgraphExec executable = new CUgraphExec();
    private final Lifetime lifetime;

    private StepGraph(CUgraph graph) {
        CudaContext.check(JCudaDriver.cuGraphInstantiate(executable, graph, 0), "cuGraphInstantiate");
        CUgraphExec owned = executable;
        lifetime = Lifetime.begin(this, "CUDA graph", 0, () -> JCudaDriver.cuGraphExecDestroy(owned));
    }

    /**
     * Records what {@code work} launches on a stream, and on others that wait for it, without running it.
     *
     * @throws CudaException if something in it cannot be recorded; nothing of it has run then
     */
    static StepGraph record(CUstream stream, Runnable work) {
        CudaContext.check(
                JCudaDriver.cuStreamBeginCapture(stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
                "cuStreamBeginCapture");
        CUgraph graph = new CUgraph();
        try {
            work.run();
        } catch (Throwable t) {
            int result = JCudaDriver.cuStreamEndCapture(stream, graph);
            if (result == 0) {
                JCudaDriver.cuGraphDestroy(graph);
            }
            throw t;
        }
        CudaContext.check(JCudaDriver.cuStreamEndCapture(stream, graph), "cuStreamEndCapture");
        try {
            return new StepGraph(graph);
        } finally {
            JCudaDriver.cuGraphDestroy(graph);
        }
    }

    void launch(CUstream stream) {
        int result = JCudaDriver.cuGraphLaunch(executable, stream);
        if (result != 0) {
            CudaContext.check(result, "cuGraphLaunch");
        }
    }

    @Override
    public void close() {
        lifetime.end();
    }
}
