package io.github.paenmf.data;

import java.util.Arrays;
import java.util.List;

/** Matrices of more than 2³¹ values in little memory. */
public final class LargeMatrix {

    private LargeMatrix() {}

    /**
     * The rows of one matrix over and over, then those of another. The first has a block's rows, {@link
     * Matrix#ROW_ALIGNMENT}.
     */
    public static Matrix repeated(Matrix block, int times, Matrix last) {
        float[][] blocks = new float[times + 1][];
        Arrays.fill(blocks, block.storage(0));
        blocks[times] = last.storage(0);
        return new Matrix(
                times * Matrix.ROW_ALIGNMENT + last.rows(),
                block.columns(),
                Matrix.ROW_ALIGNMENT,
                blocks,
                List.of(),
                List.of());
    }
}
