package io.github.paenmf.backend.cuda;

import jcuda.driver.CUdeviceptr;

/**
 * Nonzeros of some rows on the device in the order of their columns.
 *
 * @param starts 64-bit, of each column, and where the last one ends
 * @param rowsOf 32-bit, which of the rows, ascending in each column
 * @param values float32
 * @param mostNonzeros how many there may be; how many there are is on the device
 */
public record DeviceColumns(CUdeviceptr starts, CUdeviceptr rowsOf, CUdeviceptr values, long mostNonzeros) {}
