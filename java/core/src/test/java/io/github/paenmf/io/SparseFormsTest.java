package io.github.paenmf.io;

import static io.github.paenmf.io.TestFiles.littleEndian;
import static io.github.paenmf.io.TestFiles.npy;
import static io.github.paenmf.io.TestFiles.write;
import static io.github.paenmf.io.TestFiles.zip;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.Nmf;
import io.github.paenmf.NmfModel;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.io.ReadOptions.Storage;
import io.github.paenmf.model.NmfAlgorithm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** However a sparse matrix is stored, standard NMF of it has the same bits. */
class SparseFormsTest {

    private static final int N = 61;
    private static final int M = 37;

    @TempDir
    Path directory;

    private record Entry(int row, int column, float value) {}

    /** A quarter of the values, and as many zeros among them as asked for. */
    private static List<Entry> entries(boolean zeros) {
        SplittableRandom random = new SplittableRandom(8);
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                int kind = i == f ? 0 : random.nextInt(8);
                float value = kind < 2 ? 1 + random.nextInt(5) : 0;
                if (value > 0 || zeros && kind == 2) {
                    entries.add(new Entry(i, f, value));
                }
            }
        }
        return entries;
    }

    private Path file(List<Entry> entries, boolean byColumns) {
        ToIntFunction<Entry> line = byColumns ? Entry::column : Entry::row;
        ToIntFunction<Entry> across = byColumns ? Entry::row : Entry::column;
        List<Entry> sorted = entries.stream()
                .sorted(Comparator.comparingInt(line).thenComparingInt(across))
                .toList();
        int[] pointers = new int[(byColumns ? M : N) + 1];
        for (Entry entry : sorted) {
            pointers[line.applyAsInt(entry) + 1]++;
        }
        for (int i = 1; i < pointers.length; i++) {
            pointers[i] += pointers[i - 1];
        }
        float[] values = new float[sorted.size()];
        for (int e = 0; e < values.length; e++) {
            values[e] = sorted.get(e).value();
        }
        byte[] name = (byColumns ? "csc" : "csr").getBytes(StandardCharsets.US_ASCII);
        return write(
                directory,
                "a.npz",
                zip(
                        "indptr.npy",
                        indices(pointers),
                        "indices.npy",
                        indices(sorted.stream().mapToInt(across).toArray()),
                        "data.npy",
                        npy("<f4", false, "(" + values.length + ",)", littleEndian(values)),
                        "format.npy",
                        npy("|S3", false, "()", name),
                        "shape.npy",
                        indices(new int[] {N, M})));
    }

    private static byte[] indices(int[] values) {
        return npy("<i4", false, "(" + values.length + ",)", littleEndian(values));
    }

    private RowSource read(boolean zeros, boolean byColumns) throws IOException {
        return MatrixReader.readData(
                file(entries(zeros), byColumns).toString(),
                ReadOptions.defaults().withStorage(Storage.SPARSE));
    }

    /** As a program makes it, with zeros. */
    private static SparseMatrix built() {
        SparseMatrix.Builder builder = SparseMatrix.builder(M);
        List<Entry> entries = entries(true);
        for (int i = 0; i < N; i++) {
            int row = i;
            List<Entry> ofRow =
                    entries.stream().filter(entry -> entry.row() == row).toList();
            float[] values = new float[ofRow.size()];
            for (int e = 0; e < values.length; e++) {
                values[e] = ofRow.get(e).value();
            }
            builder.addRow(ofRow.stream().mapToInt(Entry::column).toArray(), values, values.length);
        }
        return builder.build();
    }

    @ParameterizedTest
    @CsvSource({"HALS, 2", "MU, 2", "MU, 0.5", "MU, 1.5", "KL, 1"})
    void storedZerosAndColumnsFirstChangeNoBit(NmfAlgorithm algorithm, double beta) throws IOException {
        Nmf nmf = Nmf.builder()
                .rank(3)
                .epochs(20)
                .algorithm(algorithm)
                .beta(beta)
                .backend(Backends.Choice.CPU)
                .build();
        RowSource data = read(false, false);
        NmfModel expected = nmf.fit(data);
        for (RowSource other : List.of(read(true, false), read(false, true), read(true, true), built())) {
            NmfModel model = nmf.fit(other);
            assertArrayEquals(expected.basis().toRows(), model.basis().toRows());
            assertEquals(expected.history(), model.history());
            assertArrayEquals(
                    expected.trainingCoefficients().orElseThrow().toRows(),
                    model.trainingCoefficients().orElseThrow().toRows());
            assertArrayEquals(
                    expected.transform(data).toRows(), model.transform(other).toRows());
            assertEquals(expected.score(data), model.score(other));
        }
    }
}
