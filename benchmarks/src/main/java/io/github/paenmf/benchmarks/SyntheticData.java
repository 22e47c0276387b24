package io.github.paenmf.benchmarks;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixWriter;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;

/**
 * Non-negative data with parts in them: each row is a mixture of {@value #ACTIVE} of {@value #PARTS}
 * planted parts, times noise of ±10 %. Every value depends on its place and the shape alone, so that
 * all machines make the same bytes.
 */
public final class SyntheticData {

    private static final int PARTS = 96;
    private static final int ACTIVE = 4;
    private static final float NOISE = 0.1f;
    /** Seeds of what is drawn. */
    private static final long PART_SEED = 1;

    private static final long MIXTURE_SEED = 2;
    private static final long NOISE_SEED = 3;

    private SyntheticData() {}

    /** Writes a matrix: {@code FILE.npy ROWS COLUMNS}. */
    public static void main(String[] args) throws IOException {
        MatrixWriter.write(Path.of(args[0]), of(Integer.parseInt(args[1]), Integer.parseInt(args[2])));
    }

    /** A matrix of a shape. */
    public static Matrix of(int rows, int columns) {
        float[][] parts = new float[PARTS][];
        for (int part = 0; part < PARTS; part++) {
            parts[part] = uniforms(PART_SEED, part, columns);
            for (int j = 0; j < columns; j++) {
                // A part lives on about a third of the features, and strongly on few of them.
                float u = Math.max(0, (parts[part][j] - 0.65f) / 0.35f);
                parts[part][j] = u * u;
            }
        }
        Matrix matrix = Matrix.zeros(rows, columns);
        IntStream.range(0, rows).parallel().forEach(i -> fill(matrix, i, parts));
        return matrix;
    }

    private static void fill(Matrix matrix, int row, float[][] parts) {
        float[] mixture = uniforms(MIXTURE_SEED, row, 2 * ACTIVE);
        float[] noise = uniforms(NOISE_SEED, row, matrix.columns());
        float[] values = matrix.storage(row);
        int offset = matrix.offset(row);
        for (int a = 0; a < ACTIVE; a++) {
            float[] part = parts[(int) (mixture[a] * PARTS)];
            float weight = mixture[ACTIVE + a];
            for (int j = 0; j < matrix.columns(); j++) {
                values[offset + j] += weight * part[j];
            }
        }
        for (int j = 0; j < matrix.columns(); j++) {
            // A floor, so that no feature is 0 throughout.
            values[offset + j] = (values[offset + j] + 0.01f) * (1 + NOISE * (2 * noise[j] - 1));
        }
    }

    private static float[] uniforms(long seed, long row, int count) {
        float[] target = new float[count];
        Philox.uniforms(seed, row, 0, Purpose.GENERATION, new int[Philox.WORDS], target, 0, count);
        return target;
    }

    /** Writes {@code <file>.npy} of each workload into a folder, unless it is there. */
    static void write(Path folder, boolean quick) throws IOException {
        for (Workload workload : Workload.all(quick)) {
            Path file = folder.resolve(workload.file() + ".npy");
            if (!Files.exists(file)) {
                MatrixWriter.write(file, of(workload.rows(), workload.columns()));
            }
        }
    }
}
