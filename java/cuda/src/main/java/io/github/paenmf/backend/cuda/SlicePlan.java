package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Shape;

/**
 * How steps or epochs over small data are divided among blocks that each own a slice of the features
 * (cuda/include/slices.cuh).
 *
 * @param perSlice features of a slice
 * @param slices of the features
 * @param lanes threads for four components of a row, which add up different slices
 * @param rowsPerBlock of the row stage
 */
record SlicePlan(int perSlice, int slices, int lanes, int rowsPerBlock) {

    /** Threads of a block that owns a slice. */
    static final int BLOCK = 512;
    /** Threads of a block of the row stage, about. */
    private static final int ROW_BLOCK = 256;

    /** Above, a step by stages is expected to be quicker in any case. */
    private static final int GREATEST_RANK_OF_STEPS = 10;
    /** Above, one thread takes longer over a row's components than a warp. */
    private static final int GREATEST_RANK_OF_EPOCHS = 16;

    private static final int MIN_LANES = 4;
    private static final int MAX_LANES = 32;
    /** For each multiprocessor: of one block, with what it has in flight. */
    private static final double MULTIPLICATIONS_PER_CYCLE = 64;
    /** From the L2 cache, when all multiprocessors read. */
    private static final double BYTES_PER_CYCLE = 20;
    /** Of a load from there, of which a thread that adds up has so many under way. */
    private static final double LATENCY_CYCLES = 300;

    private static final int LOADS_AT_ONCE = 4;
    /**
     * The estimate above which products by cuBLAS are expected to be quicker, as these are what a longer step spends its
     * time on: about three launches' worth.
     */
    private static final double MAX_CYCLES = 8000;

    /** The quickest for steps of PAE-NMF by an estimate; null where stages by themselves are expected to be quicker. */
    static SlicePlan ofSteps(int rows, int features, int rank, int multiprocessors) {
        if (rank > GREATEST_RANK_OF_STEPS) {
            return null;
        }
        int groups = groups(rank);
        int quads = 3 * groups;
        int best = 0;
        double least = MAX_CYCLES;
        for (int perSlice = 4; perSlice <= BLOCK / quads; perSlice += 4) {
            int blocks = slices(features, perSlice) + WeibullKernels.sumBlocks(rank);
            int rounds = (blocks - 1) / multiprocessors + 1;
            double cycles = rounds * multiplying(perSlice, rows, features, 4 * quads)
                    + moving(slices(features, perSlice), rows, 4 * quads) / multiprocessors;
            if (cycles < least) {
                least = cycles;
                best = perSlice;
            }
        }
        if (best == 0) {
            return null;
        }
        int wanted = 2 * ROW_BLOCK * multiprocessors / (rows * groups);
        int lanes = Math.min(MAX_LANES, Integer.highestOneBit(Math.max(MIN_LANES, wanted)));
        return of(best, slices(features, best), lanes, rows, groups);
    }

    /**
     * The same for epochs of standard and variational NMF, whose blocks have to run at once, and have a thread for each row
     * of a factor.
     *
     * @param coefficientCycles how long a thread takes over a coefficient
     */
    static SlicePlan ofEpochs(int rows, int features, int rank, int coefficientCycles, int multiprocessors) {
        int groups = groups(rank);
        SlicePlan best = null;
        double least = MAX_CYCLES;
        for (int perSlice = 4; rank <= GREATEST_RANK_OF_EPOCHS && perSlice <= BLOCK / groups; perSlice += 4) {
            int slices = slices(features, perSlice);
            if (slices > multiprocessors) {
                continue;
            }
            int lanes = MAX_LANES;
            SlicePlan plan = of(perSlice, slices, lanes, rows, groups);
            while (plan.rowBlocks(rows) > slices && lanes > MIN_LANES) {
                lanes /= 2;
                plan = of(perSlice, slices, lanes, rows, groups);
            }
            int furtherRounds = (plan.rowBlocks(rows) - 1) / slices;
            double waits = (slices * 4.0 / lanes + LOADS_AT_ONCE - 1) / LOADS_AT_ONCE;
            double cycles = multiplying(perSlice, rows, features, 4 * groups)
                    + moving(slices, rows, 4 * groups) / multiprocessors
                    + furtherRounds * (waits * LATENCY_CYCLES + (double) rank * coefficientCycles);
            if (cycles < least) {
                least = cycles;
                best = plan;
            }
        }
        return best;
    }

    /** The same for the multiprocessors of a device. */
    static SlicePlan ofEpochs(Shape shape, int coefficientCycles, DeviceWorkspace device) {
        int multiprocessors = device.context().device().multiprocessors();
        return ofEpochs(shape.rows(), shape.features(), shape.rank(), coefficientCycles, multiprocessors);
    }

    private static SlicePlan of(int perSlice, int slices, int lanes, int rows, int groups) {
        int rowsPerBlock = Math.max(1, ROW_BLOCK / (groups * lanes));
        return new SlicePlan(perSlice, slices, lanes, Math.min(rows, rowsPerBlock));
    }

    /** Of four components. */
    private static int groups(int rank) {
        return (rank + 3) / 4;
    }

    private static int slices(int features, int perSlice) {
        return (features - 1) / perSlice + 1;
    }

    /** Cycles of both products of a slice. */
    private static double multiplying(int perSlice, int rows, int features, int columns) {
        return 2.0 * rows * Math.min(perSlice, features) * columns / MULTIPLICATIONS_PER_CYCLE;
    }

    /** Cycles of one multiprocessor for the shares of P of all slices, there and back. */
    private static double moving(int slices, int rows, int columns) {
        return 8.0 * slices * rows * columns / BYTES_PER_CYCLE;
    }

    int rowBlocks(int rows) {
        return (rows - 1) / rowsPerBlock + 1;
    }

    /** Threads of a block of the row stage, where it is a kernel of its own. */
    int rowBlockThreads(int rank) {
        return (rowsPerBlock * groups(rank) * lanes + 31) / 32 * 32;
    }
}
