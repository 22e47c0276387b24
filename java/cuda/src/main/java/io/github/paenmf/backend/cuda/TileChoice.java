package io.github.paenmf.backend.cuda;

/**
 * How many threads a block of a fused kernel (cuda/include/row_tile.cuh) gets: of the sizes that a device can run, the
 * one that is estimated to be through with its rows first. No call of the driver is needed but the one that
 * {@link Device} stands for.
 *
 * <p>The estimate is in cycles of a multiprocessor, and good for comparing: a multiprocessor has four schedulers, each
 * of which issues an instruction a cycle for one of its warps. So a tile of rows takes as long as one of its threads
 * waits for its own results, or as the warps that are there together need to issue their instructions, whichever is
 * longer. What a block does once is added: rows of the r × r matrix that it copies, and the sums over its tile.
 *
 * @param block threads
 * @param maxBlocks most blocks, as many as run at once
 * @param tileRows rows of a tile
 * @param panelRows rows of the r × r matrix that lie in shared memory at once
 * @param sharedBytes of a block
 */
record TileChoice(int block, int maxBlocks, int tileRows, int panelRows, int sharedBytes) {

    private static final int WARP = 32;
    private static final int SCHEDULERS = 4;
    /** From the L2 cache, when all multiprocessors read: some 5.5 TB/s of an H100 at 1.7 GHz over 132 of them. */
    private static final double BYTES_PER_CYCLE = 24;
    /** Until a copy from the L2 cache has come. */
    private static final double COPY_LATENCY = 600;
    /** To copy four values of the matrix that are not aligned, one by one. */
    private static final double COPY_INSTRUCTIONS = 24;
    /** Components from which on a thread multiplies two rows: kLongRow. */
    private static final int LONG_ROW = 32;
    /** Of a row of the matrix, for four columns: four multiplications and additions, 1¼ loads of 16 bytes. */
    private static final double PRODUCT_INSTRUCTIONS = 5.25;
    /** The same where a thread waits: a quarter of a load's 30 cycles, and an addition of 4 after another. */
    private static final double PRODUCT_LATENCY = 11.5;
    /**
     * Where rows are long, shared memory is what limits the product: a load of 16 bytes by each thread of a warp keeps it
     * busy for 4 cycles, all four schedulers' warps take turns, half of the threads work, and rows come on top.
     */
    private static final double LONG_PRODUCT_INSTRUCTIONS = 9.5;
    /** A quarter of a load's 30 cycles, and eight multiplications and additions. */
    private static final double LONG_PRODUCT_LATENCY = 15.5;
    /** A barrier, and sums in shared memory before and after it. */
    private static final double REDUCTION_LATENCY = 120;

    /**
     * What a kernel does beside the product, with four components of a row.
     *
     * @param buffers tiles of rows that it keeps in shared memory
     * @param instructions of a warp
     * @param latency cycles that a warp takes which has a scheduler to itself
     * @param reduces whether it adds up over the rows of a tile at its end
     */
    record Work(int buffers, double instructions, double latency, boolean reduces) {

        /** {@code weibull_step}: as the compiled kernel has them; it waits for P, then for its own results. */
        static final Work STEP = new Work(4, 1050, 2000, true);
        /** {@code update_project}, which waits for memory in each of its three parts. */
        static final Work UPDATE = new Work(2, 500, 2500, false);
    }

    /**
     * What the device offers a kernel.
     *
     * @param sharedBytes of a block
     * @param maxBlock most threads of a block
     */
    record Device(int multiprocessors, int sharedBytes, int maxBlock, Occupancy occupancy) {}

    /** Blocks that run on a multiprocessor at once. */
    @FunctionalInterface
    interface Occupancy {
        int blocks(int threads, int sharedBytes);
    }

    /** The best; null where a block can't hold a row and four rows of the matrix. */
    static TileChoice of(Work work, int rows, int rank, Device device) {
        TileChoice best = null;
        double least = Double.POSITIVE_INFINITY;
        for (int block = 2 * WARP; block <= device.maxBlock(); block *= 2) {
            TileChoice choice = ofBlock(work, rank, block, device);
            if (choice != null) {
                double cycles = choice.cycles(work, rows, rank, device.multiprocessors());
                if (cycles < least) { // of equals the smallest, which leaves others most room
                    least = cycles;
                    best = choice;
                }
            }
        }
        return best;
    }

    private static TileChoice ofBlock(Work work, int rank, int block, Device device) {
        int groups = (rank + 3) / 4;
        int tileRows = block / groups;
        long tile = 16L * work.buffers() * tileRows * groups;
        long panelRows = Math.min(4L * groups, (device.sharedBytes() - tile) / (16L * groups) / 4 * 4);
        if (tileRows == 0 || panelRows < 4) {
            return null;
        }
        int shared = (int) (tile + 16L * panelRows * groups);
        int resident = device.occupancy().blocks(block, shared);
        return resident == 0
                ? null
                : new TileChoice(block, resident * device.multiprocessors(), tileRows, (int) panelRows, shared);
    }

    /** How many blocks go over so many rows. */
    int blocks(int rows) {
        return (int) Math.min(maxBlocks, ((long) rows + tileRows - 1) / tileRows);
    }

    /** An estimate of how long the kernel takes. */
    double cycles(Work work, int rows, int rank, int multiprocessors) {
        int groups = (rank + 3) / 4;
        int blocks = blocks(rows);
        // of the multiprocessor that has most to do
        int together = (blocks - 1) / multiprocessors + 1;
        double tiles = Math.ceil(Math.ceil((double) rows / tileRows) / blocks);
        int working = Math.min(tileRows, rows) * groups; // threads of a block that have a row
        double issue = Math.ceil((double) together * ((working - 1) / WARP + 1) / SCHEDULERS);

        double copies = 4.0 * groups * groups / block * COPY_INSTRUCTIONS * issue;
        double transfer = 64.0 * groups * groups * blocks / multiprocessors / BYTES_PER_CYCLE;
        double panel = (panelRows < rank ? tiles : 1) * (COPY_LATENCY + Math.max(copies, transfer));
        boolean longRow = 4 * groups >= LONG_ROW;
        double latency = 4 * groups * (longRow ? LONG_PRODUCT_LATENCY : PRODUCT_LATENCY);
        double instructions = 4 * groups * (longRow ? LONG_PRODUCT_INSTRUCTIONS : PRODUCT_INSTRUCTIONS);
        double tile = Math.max(work.latency() + latency, issue * (work.instructions() + instructions));
        int levels = work.reduces() ? WARP - Integer.numberOfLeadingZeros(tileRows - 1) : 0;
        return panel + tiles * tile + levels * REDUCTION_LATENCY;
    }
}
