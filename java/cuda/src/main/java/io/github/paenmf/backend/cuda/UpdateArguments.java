package io.github.paenmf.backend.cuda;

import jcuda.driver.CUdeviceptr;

/**
 * What an update reads and writes on the device; the struct of the same name in update_project.cu. r4 is
 * {@link WeibullKernels#partWidth}.
 *
 * @param w [Wλ | Wk | Wf], m × 3·r4; changed
 * @param biases [bλ | bk], 2r; changed
 * @param q Vᵀ·S, m × 3·r4
 * @param k HᵀH, r × r
 * @param g WfᵀWf, r × r
 * @param means first moments of adam, m × 3·r4; changed; null for gd
 * @param squares second moments of adam, m × 3·r4; changed; null for gd
 * @param biasMoments moments of the biases, double, 2 × 2r; changed; null for gd
 * @param partials sums that {@link WeibullKernels#weibullStep} made, double, partialRows × (2r + 2)
 * @param partialRows rows of the sums
 * @param scales that {@link WeibullKernels#headNorms} made, 2r; null for adam
 * @param decoderRates learning rate of Wf, m
 * @param counters three 32-bit integers: step, updates so far, and 0; advanced
 * @param losses double, ringSize × [Σ KL | ⟨H, C⟩ | ⟨K, G⟩ | σ²]; the entry "updates so far" modulo ringSize is
 *     written, except for σ²
 * @param gramSums double, {@link WeibullKernels#gramSums}; scratch, for parts of ⟨K, G⟩
 * @param variance double, σ² where it is learned, else null
 * @param ringSize entries of losses
 * @param features m
 * @param rank r
 * @param hiddenWidth 0; or h, where W is [W₁ | Wf], m × (h + r4), with q and the moments likewise: then W₁ is left as it is,
 *     and the biases are those of the heads still
 */
public record UpdateArguments(
        CUdeviceptr w,
        CUdeviceptr biases,
        CUdeviceptr q,
        CUdeviceptr k,
        CUdeviceptr g,
        CUdeviceptr means,
        CUdeviceptr squares,
        CUdeviceptr biasMoments,
        CUdeviceptr partials,
        int partialRows,
        CUdeviceptr scales,
        CUdeviceptr decoderRates,
        CUdeviceptr counters,
        CUdeviceptr losses,
        CUdeviceptr gramSums,
        CUdeviceptr variance,
        int ringSize,
        int features,
        int rank,
        int hiddenWidth) {

    /** In the order of the struct. */
    void pack(KernelArguments to) {
        to.vectorAddress(w);
        to.address(biases);
        to.vectorAddress(q);
        to.address(k);
        to.address(g);
        to.vectorAddress(means);
        to.vectorAddress(squares);
        to.address(biasMoments);
        to.address(partials);
        to.value(partialRows);
        to.address(scales);
        to.address(decoderRates);
        to.address(counters);
        to.address(losses);
        to.address(gramSums);
        to.address(variance);
        to.value(ringSize);
        to.value(features);
        to.value(rank);
        to.value(hiddenWidth);
    }
}
