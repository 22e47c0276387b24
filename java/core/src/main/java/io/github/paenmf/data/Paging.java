package io.github.paenmf.data;

/**
 * How rows are read that are not all in memory at once. Any row can be read at any time; this says at what cost.
 *
 * @param runRows rows that are read together: those from a multiple of it on. A multiple of {@link Matrix#ROW_ALIGNMENT}
 * @param poolRows most rows, a multiple of {@code runRows}, that can be read over and over while as many others are
 *     read ahead, without reading them from the disk again
 */
public record Paging(int runRows, int poolRows) {}
