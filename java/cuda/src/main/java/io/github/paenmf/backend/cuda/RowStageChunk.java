package io.github.paenmf.backend.cuda;

import jcuda.driver.CUdeviceptr;

/**
 * A chunk as the row stage of an algorithm finds it.
 *
 * @param order 32-bit index in the data of each row, or null where row i has firstRow + i
 * @param firstRow see {@code order}
 * @param rows how many
 * @param accumulate whether partial sums are added to those that are there, else they replace them
 * @param fresh what {@link CudaAlgorithm#meets} has said of it
 */
record RowStageChunk(CUdeviceptr order, int firstRow, int rows, boolean accumulate, boolean fresh) {}
