package io.github.paenmf.io;

import static io.github.paenmf.io.TestFiles.assertRefused;
import static io.github.paenmf.io.TestFiles.gzip;
import static io.github.paenmf.io.TestFiles.readSparse;
import static io.github.paenmf.io.TestFiles.write;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.io.ReadOptions.Presence;
import io.github.paenmf.io.ReadOptions.Storage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TenxDirectoryTest {

    private static final String MATRIX =
            "%%MatrixMarket matrix coordinate integer general\n%\n3 4 4\n1 1 5\n3 1 2\n2 3 7\n3 4 1\n";
    private static final String FEATURES =
            "E1\tAB\tGene Expression\nE2\tCD\tGene Expression\nE3\tAB\tGene Expression\n";
    private static final String BARCODES = "AAA-1\nAAC-1\nAAG-1\nAAT-1\n";
    private static final float[][] VALUES = {{5, 0, 2}, {0, 0, 0}, {0, 7, 0}, {0, 0, 1}};
    private static final ReadOptions SPARSE = ReadOptions.defaults().withStorage(Storage.SPARSE);

    @TempDir
    Path directory;

    private void write10x(String matrix, String features, String barcodes) {
        write(directory, "matrix.mtx.gz", gzip(matrix.getBytes(StandardCharsets.UTF_8)));
        write(directory, "features.tsv.gz", gzip(features.getBytes(StandardCharsets.UTF_8)));
        write(directory, "barcodes.tsv.gz", gzip(barcodes.getBytes(StandardCharsets.UTF_8)));
    }

    private static void assertData(RowSource data) {
        SparseMatrix sparse = assertInstanceOf(SparseMatrix.class, data);
        assertArrayEquals(VALUES, Matrix.of(sparse).toRows());
        assertEquals(List.of("AAA-1", "AAC-1", "AAG-1", "AAT-1"), sparse.rowNames());
        assertEquals(List.of("AB", "CD", "AB-1"), sparse.columnNames());
    }

    @Test
    void cellsBecomeRowsAndGenesColumns() throws IOException {
        write10x(MATRIX, FEATURES, BARCODES);
        assertData(readSparse(directory));
        Matrix dense = MatrixReader.read(directory.toString());
        assertArrayEquals(VALUES, dense.toRows());
        assertEquals(List.of("AB", "CD", "AB-1"), dense.columnNames());

        RowSource transposed = MatrixReader.readData(directory.toString(), SPARSE.withTranspose(true));

        assertEquals(3, transposed.rows());
        assertEquals(List.of("AB", "CD", "AB-1"), transposed.rowNames());
        assertEquals(4, transposed.columnNames().size());
    }

    @Test
    void oldAndUnpackedFilesWithAPrefixAreReadToo() throws IOException {
        write(directory, "GSM1_matrix.mtx", MATRIX);
        write(
                directory,
                "GSM1_genes.tsv",
                FEATURES.replace("\tGene Expression", "").replace("\n", "\r\n"));
        write(directory, "GSM1_barcodes.tsv", BARCODES);
        write(directory, "README.txt", "x");

        assertData(readSparse(directory));
    }

    @Test
    void namesAreTheIdsWhereThereAreNoOthers() throws IOException {
        write10x(MATRIX, "E1\nE2\t\nE3\n", BARCODES);
        assertEquals(List.of("E1", "E2", "E3"), readSparse(directory).columnNames());
    }

    @Test
    void repeatedNamesAreNumberedPastThoseThatAreThere() {
        assertEquals(
                List.of("a", "a-2", "a-1", "b", "a-3", "b-1", "a-1-1"),
                UniqueNames.of(List.of("a", "a", "a-1", "b", "a", "b", "a-1")));
        assertEquals(List.of("a", "b"), UniqueNames.of(List.of("a", "b")));
    }

    @Test
    void featuresOfSeveralTypesAreNoted() throws IOException {
        write10x(MATRIX, FEATURES.replace("CD\tGene Expression", "CD\tAntibody Capture"), BARCODES);
        List<String> heard = new ArrayList<>();
        MatrixReader.readData(directory.toString(), SPARSE, new ReadListener() {
            @Override
            public void format(String format) {
                heard.add(format);
            }

            @Override
            public void note(String note) {
                heard.add(note);
            }
        });
        assertEquals(
                List.of(
                        "10x directory, cells × features",
                        "features of all types become columns: 2 of Gene Expression, 1 of Antibody Capture"),
                heard);
    }

    @Test
    void aFileThatIsAbsentIsNamed() throws IOException {
        for (String absent : List.of("matrix.mtx", "features.tsv", "barcodes.tsv")) {
            write10x(MATRIX, FEATURES, BARCODES);
            Files.delete(directory.resolve(absent + ".gz"));
            assertRefused(directory, "no " + absent + ".gz or " + absent);
        }
    }

    @Test
    void severalFilesForOnePartAreRefused() {
        write10x(MATRIX, FEATURES, BARCODES);
        write(directory, "genes.tsv", FEATURES);
        assertRefused(directory, "several files", "features.tsv.gz and genes.tsv");
    }

    @Test
    void countsThatDifferAreRefused() {
        write10x(MATRIX, FEATURES + "E4\tEF\n", BARCODES);
        assertRefused(directory, "matrix.mtx.gz: the matrix is 3 × 4, but features.tsv.gz names 4 features");
        write10x(MATRIX, FEATURES, BARCODES + "ACC-1\n");
        assertRefused(directory, "barcodes.tsv.gz 5 cells; take all three files");
        write10x(MATRIX.replace("3 4 4", "4 3 4"), FEATURES, BARCODES);
        assertRefused(directory, "is 4 × 3", "it seems to be cells × features: transpose it");
    }

    @Test
    void damageIsNamedWithFileAndLine() {
        write10x(MATRIX.replace("2 3 7", "2 5 7"), FEATURES, BARCODES);
        assertRefused(directory, "matrix.mtx.gz: line 6: the column is 5, but must be from 1 to 4");
        write10x(MATRIX, "E1\tAB\n\nE3\tCD\n", BARCODES);
        assertRefused(directory, "features.tsv.gz: line 2 is empty; it should name a feature");
        write10x(MATRIX, FEATURES, "A\n \nB\nC\n");
        assertRefused(directory, "barcodes.tsv.gz: line 2 is empty; it should name a cell");
        write10x("", FEATURES, BARCODES);
        assertRefused(directory, "matrix.mtx.gz: line 1: the first line should be like");
        byte[] whole = gzip(MATRIX.getBytes(StandardCharsets.UTF_8));
        write10x(MATRIX, FEATURES, BARCODES);
        write(directory, "matrix.mtx.gz", java.util.Arrays.copyOf(whole, whole.length - 12));
        assertRefused(directory, "matrix.mtx.gz: the compressed data end too early");
    }

    @Test
    void optionsOfTablesAreRefused() {
        write10x(MATRIX, FEATURES, BARCODES);
        assertRefused(directory, ReadOptions.defaults().withRowNames(Presence.YES), "10x data", "no effect");
    }
}
