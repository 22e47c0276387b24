package io.github.paenmf.backend.cuda;

import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;

/**
 * What the stages of a step share on the device; always in the same places, since a recorded step keeps its arguments.
 * Columns are those of the algorithm's {@link Parts}.
 *
 * @param p P = V·W of a chunk, rows × columns
 * @param s S of a chunk, rows × columns, whose last part is H
 * @param g G = WᵀW, r × r; an update may change it
 * @param q Q = Vᵀ·S, m × columns, in units of the raw data
 * @param k K = HᵀH, r × r; an update may change it
 * @param partials double, partial rows × row sums: what the row stage adds up, for the update to add up to the end
 * @param counters three 32-bit integers: the step, which selects the noise; the updates so far; and one that is the
 *     update's own, 0 before and after it
 * @param ring double, entries × objective values
 * @param ringEntries of the ring
 * @param blas products on the stream
 * @param stream where the stages go
 */
record StepBuffers(
        CUdeviceptr p,
        CUdeviceptr s,
        DeviceMatrix g,
        DeviceMatrix q,
        DeviceMatrix k,
        CUdeviceptr partials,
        CUdeviceptr counters,
        CUdeviceptr ring,
        int ringEntries,
        Blas blas,
        CUstream stream) {}
