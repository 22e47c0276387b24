package io.github.paenmf.backend.cuda;

import jcuda.driver.CUdeviceptr;

/**
 * Some rows of a sparse matrix on the device, as the kernels see them. What lies there may change from one launch to the
 * next, and with it how many nonzeros they have.
 *
 * @param starts 64-bit, of each row that lies there, and where the last one ends
 * @param columns 32-bit, ascending in each row
 * @param values float32
 * @param order 32-bit: row i is row {@code order[i]} of what lies there; null: it is row {@code from + i}
 * @param from where there is no order
 * @param rows how many rows these are
 * @param features m
 */
public record DeviceSparseRows(
        CUdeviceptr starts,
        CUdeviceptr columns,
        CUdeviceptr values,
        CUdeviceptr order,
        int from,
        int rows,
        int features) {}
