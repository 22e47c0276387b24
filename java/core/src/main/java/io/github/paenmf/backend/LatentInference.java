package io.github.paenmf.backend;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;

/** What a fitted model computes on data, on one device, where coefficients have a distribution. */
public interface LatentInference extends Inference {

    /**
     * The latent distributions of rows of data: 0 with probability 1 − p, else Weibull.
     *
     * @param data n × m, raw units
     * @param lambda receives scales λ, n × r
     * @param k receives shapes k, n × r
     * @param inclusion receives p, n × r; or null where every coefficient is above 0
     */
    void encode(RowSource data, Matrix lambda, Matrix k, Matrix inclusion);
}
