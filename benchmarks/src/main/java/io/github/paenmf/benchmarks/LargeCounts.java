package io.github.paenmf.benchmarks;

import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.io.BlockFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Counts larger than memory, with parts in them, written as they are made: each row has {@value #NONZEROS} features, drawn from
 * {@value #MIXED} of {@value #PARTS} planted parts. Every row depends on its index alone.
 */
public final class LargeCounts {

    private static final int FEATURES = 20_000;
    private static final int NONZEROS = 500;
    private static final int PARTS = 40;
    private static final int MIXED = 3;
    /** Features of a part, some of them more than once. */
    private static final int DRAWN = 2048;
    /** Rows that are made at once. */
    private static final int CHUNK = 4096;

    private LargeCounts() {}

    /** Writes a file: {@code FILE.vblk NONZEROS}. */
    public static void main(String[] args) throws IOException {
        int rows = Math.toIntExact(Math.max(1, Long.parseLong(args[1]) / NONZEROS));
        SplittableRandom random = new SplittableRandom(1);
        int[][] parts = new int[PARTS][];
        for (int part = 0; part < PARTS; part++) {
            parts[part] = IntStream.range(0, DRAWN)
                    .map(i -> (int) (FEATURES * random.nextDouble() * random.nextDouble()))
                    .toArray();
        }
        BlockFile.write(Path.of(args[0]), new Iterator<SparseMatrix>() {

            private int done;

            @Override
            public boolean hasNext() {
                return done < rows;
            }

            @Override
            public SparseMatrix next() {
                int first = done;
                done = Math.min(rows, first + CHUNK);
                return rows(first, done, parts);
            }
        });
    }

    private record Row(int[] columns, float[] values) {}

    private static SparseMatrix rows(int first, int end, int[][] parts) {
        Row[] rows = IntStream.range(first, end)
                .parallel()
                .mapToObj(row -> row(row, parts))
                .toArray(Row[]::new);
        SparseMatrix.Builder builder = SparseMatrix.builder(FEATURES);
        for (Row row : rows) {
            builder.addRow(row.columns, row.values, NONZEROS);
        }
        return builder.build();
    }

    private static Row row(int index, int[][] parts) {
        SplittableRandom random = new SplittableRandom(index);
        int[][] mixed =
                random.ints(MIXED, 0, PARTS).mapToObj(part -> parts[part]).toArray(int[][]::new);
        int[] counts = new int[FEATURES];
        int[] columns = new int[NONZEROS];
        for (int found = 0; found < NONZEROS; ) {
            long bits = random.nextLong();
            // the first part gives half of them
            int part = (bits & 1) == 0 ? 0 : 1 + (int) ((bits >>> 1 & 0xff) % (MIXED - 1));
            int feature = mixed[part][(int) (bits >>> 16) & DRAWN - 1];
            if (counts[feature]++ == 0) {
                columns[found++] = feature;
            }
        }
        Arrays.sort(columns);
        float[] values = new float[NONZEROS];
        for (int l = 0; l < NONZEROS; l++) {
            values[l] = counts[columns[l]];
        }
        return new Row(columns, values);
    }
}
