package io.github.paenmf.backend;

import io.github.paenmf.data.Matrix;
import java.util.Arrays;

/** What a fitted PAE-NMF computes on data, on one device: no coefficient is 0. */
public interface PaeInference extends LatentInference {

    /**
     * The latent distributions of rows of data: those of the encoder, refined where that was asked for.
     *
     * @param data n × m, raw units
     * @param lambda receives λ, n × r
     * @param k receives k, n × r
     */
    void encode(Matrix data, Matrix lambda, Matrix k);

    @Override
    default void encode(Matrix data, Matrix lambda, Matrix k, Matrix inclusion) {
        encode(data, lambda, k);
        for (int i = 0; inclusion != null && i < data.rows(); i++) {
            int offset = inclusion.offset(i);
            Arrays.fill(inclusion.storage(i), offset, offset + inclusion.columns(), 1f);
        }
    }
}
