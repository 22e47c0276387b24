package io.github.paenmf.io.hdf5;

/**
 * What to read of an HDF5 file, and into what.
 *
 * @param layer which of the file's matrices, as the user named it; empty for the one that the format sees as the data
 * @param transpose whether to exchange samples and features
 * @param maximumBytes refuse a matrix that takes more memory than this
 * @param maximumSparseDensity store only nonzeros if at most this share of the entries is not 0; less than 0 to store
 *     all in any case, 1 or more to store only nonzeros in any case
 */
public record Hdf5Request(String layer, boolean transpose, long maximumBytes, double maximumSparseDensity) {}
