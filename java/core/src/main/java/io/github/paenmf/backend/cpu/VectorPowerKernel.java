package io.github.paenmf.backend.cpu;

/** By the Vector API, in the functions of {@link VectorHeadKernel}. Loaded by name, since the module may be absent. */
final class VectorPowerKernel implements PowerKernel {

    @Override
    public void log(float[] x, int to) {
        VectorHeadKernel.log(x, x, 0, to);
    }

    @Override
    public void exp(float[] x, int to) {
        VectorHeadKernel.exp(x, 0, to);
    }
}
