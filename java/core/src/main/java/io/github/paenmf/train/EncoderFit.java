package io.github.paenmf.train;

import io.github.paenmf.backend.DataProducts;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.PaeParameters;
import java.util.function.IntPredicate;

/** Heads of the encoder as the linear maps of its input that come closest to what they are to give. */
final class EncoderFit {

    /** Conjugate gradients; few of them leave out what only small singular values of V could explain. */
    private static final int ITERATIONS = 50;
    /** Softplus has no inverse to speak of below: ln(eʰ − 1) runs off to −∞. */
    private static final double SOFTPLUS_MIN = 0.05;

    private EncoderFit() {}

    /**
     * Sets weights and biases of one head.
     *
     * @param head 0 for λ, 1 for k
     * @param inputs with V
     * @param mask which entries of V are missing, or null
     * @param targets what the head should give before its activation, n × r
     * @param components which of them are set
     */
    static void set(
            PaeParameters parameters,
            int head,
            DataProducts inputs,
            Mask mask,
            Matrix targets,
            IntPredicate components) {
        int r = parameters.rank();
        int m = parameters.features();
        DataProducts products = mask == null ? inputs : new ImputedInputs(inputs, mask, parameters.inputMeans());
        LeastSquares map = LeastSquares.of(products, targets, ITERATIONS);
        double toInput = Math.sqrt(m); // x = v/√m in units of the scaled data
        for (int j = 0; j < r; j++) {
            if (!components.test(j)) {
                continue;
            }
            for (int f = 0; f < m; f++) {
                parameters.weights()[(3 * f + head) * r + j] =
                        (float) (map.weights().get(f, j) * toInput);
            }
            parameters.biases()[head * r + j] = (float) map.intercepts()[j];
        }
    }

    /** What a head has to give before its activation to make a value. */
    static double output(Heads heads, double value) {
        if (heads == Heads.RELU) {
            return value;
        }
        double bounded = Math.max(value, SOFTPLUS_MIN);
        return bounded + Math.log(-Math.expm1(-bounded)); // ln(eʰ − 1)
    }
}
