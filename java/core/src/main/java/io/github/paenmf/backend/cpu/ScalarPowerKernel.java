package io.github.paenmf.backend.cpu;

import io.github.paenmf.math.FloatMath;

/** In plain loops. */
final class ScalarPowerKernel implements PowerKernel {

    @Override
    public void log(float[] x, int to) {
        for (int i = 0; i < to; i++) {
            x[i] = FloatMath.log(x[i]);
        }
    }

    @Override
    public void exp(float[] x, int to) {
        for (int i = 0; i < to; i++) {
            x[i] = FloatMath.exp(x[i]);
        }
    }
}
