package io.github.paenmf.io.hdf5;

import static io.github.paenmf.io.hdf5.Hdf5Fixtures.CELLS;
import static io.github.paenmf.io.hdf5.Hdf5Fixtures.DENSITY;
import static io.github.paenmf.io.hdf5.Hdf5Fixtures.GENES;
import static io.github.paenmf.io.hdf5.Hdf5Fixtures.VALUES;
import static io.github.paenmf.io.hdf5.Hdf5Fixtures.assertValues;
import static io.github.paenmf.io.hdf5.Hdf5Fixtures.floored;
import static io.github.paenmf.io.hdf5.Hdf5Fixtures.read;
import static io.github.paenmf.io.hdf5.Hdf5Fixtures.refusal;
import static io.github.paenmf.io.hdf5.Hdf5Fixtures.request;
import static io.github.paenmf.io.hdf5.Hdf5Fixtures.scaled;
import static io.github.paenmf.io.hdf5.Hdf5Fixtures.unpack;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.io.hdf5.Hdf5Fixtures.Reading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that anndata, loompy, CellRanger and R write, with the names of their rows and columns. */
@Tag("jdk")
class Hdf5ReaderTest {

    private static final float NAN = Float.NaN;

    @TempDir
    private Path directory;

    private Reading reading(String file, String layer) {
        return read(unpack(directory, file), request(layer));
    }

    private void expect(float[][] values, List<String> samples, List<String> features, RowSource data) {
        assertValues(values, data);
        assertEquals(samples, data.rowNames());
        assertEquals(features, data.columnNames());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "anndata_csr.h5ad | .h5ad, /X (CSR)",
                "anndata_csc.h5ad | .h5ad, /X (CSC)",
                "anndata_dense.h5ad | .h5ad, /X (dense)",
                "anndata.loom | .loom, /matrix (dense)",
                "loompy.loom | .loom, /matrix (dense)",
                "before_0_7.h5ad | .h5ad, /X (CSR)",
                "version_0_7.h5ad | .h5ad, /X (dense)",
            })
    void theMatrixAndItsNamesAreRead(String file, String format) {
        Reading reading = reading(file, "");
        expect(VALUES, CELLS, GENES, reading.data());
        assertEquals(format, reading.format());
    }

    @ParameterizedTest
    @ValueSource(strings = {"anndata_csr.h5ad", "anndata_csc.h5ad", "anndata_dense.h5ad", "loompy.loom"})
    void rowsAndColumnsAreExchangedOnDemandAndStorageIsChosen(String file) {
        Path path = unpack(directory, file);
        float[][] transposed = new float[5][7];
        for (int i = 0; i < 35; i++) {
            transposed[i % 5][i / 5] = VALUES[i / 5][i % 5];
        }
        for (double density : new double[] {-1, 0, 8.9 / 35, DENSITY, 1}) {
            Class<?> form = density < DENSITY ? Matrix.class : SparseMatrix.class;
            RowSource data = read(path, new Hdf5Request("", false, Long.MAX_VALUE, density))
                    .data();
            assertInstanceOf(form, data);
            expect(VALUES, CELLS, GENES, data);
            RowSource exchanged = read(path, new Hdf5Request("", true, Long.MAX_VALUE, density))
                    .data();
            assertInstanceOf(form, exchanged);
            expect(transposed, GENES, CELLS, exchanged);
        }
    }

    @ParameterizedTest
    @CsvSource({"counts,2", "layers/counts,2", "scaled,3", "raw,4", "raw/X,4", "X,1"})
    void aLayerIsChosenByName(String layer, float factor) {
        Reading reading = reading("anndata_csr.h5ad", layer);
        expect(scaled(factor), CELLS, GENES, reading.data());
        assertEquals(List.of(), reading.notes());
    }

    @Test
    void otherMatricesAreMentioned() {
        assertEquals(
                List.of("X is read; --layer reads another: raw/X, layers/counts, layers/scaled"),
                reading("anndata_csr.h5ad", "").notes());
        assertEquals(
                List.of("matrix is read; --layer reads another: counts, scaled"),
                reading("anndata.loom", "").notes());
    }

    @ParameterizedTest
    @CsvSource({"counts,2", "layers/scaled,3", "matrix,1"})
    void aLayerOfLoomIsChosenByName(String layer, float factor) {
        expect(scaled(factor), CELLS, GENES, reading("anndata.loom", layer).data());
    }

    @Test
    void anUnknownLayerIsRefusedWithWhatThereIs() {
        assertEquals(
                "the file has no layer 'count'; choose with --layer what to read: X, raw/X, layers/counts,"
                        + " layers/scaled",
                refusal(unpack(directory, "anndata_csr.h5ad"), request("count")));
        assertEquals(
                "the file has no layer 'count'; it has matrix and the layers counts, scaled",
                refusal(unpack(directory, "anndata.loom"), request("count")));
        assertEquals(
                "the file has no matrix 'raw'; it has matrix: choose one of these with --layer, or leave it out",
                refusal(unpack(directory, "cellranger3.h5"), request("raw")));
    }

    @Test
    void aFileWithoutXSaysWhichLayersThereAre() {
        assertEquals(
                "the file has no X; choose with --layer what to read: layers/counts, layers/other",
                refusal(unpack(directory, "no_x.h5ad"), request("")));
        expect(VALUES, CELLS, GENES, reading("no_x.h5ad", "counts").data());
    }

    @Test
    void aMatrixWithoutNonzerosIsRead() {
        SparseMatrix zeros = assertInstanceOf(
                SparseMatrix.class, reading("anndata_zeros.h5ad", "").data());
        assertEquals(0, zeros.nonzeros());
        expect(new float[7][5], CELLS, GENES, zeros);
    }

    @Test
    void namesThatRepeatAreCodesAndCategories() {
        expect(
                VALUES,
                CELLS,
                List.of("A", "B", "B", "C", "D"),
                reading("anndata_repeated_names.h5ad", "").data());
    }

    @Test
    void whatTheLatestHdf5WritesIsRead() {
        expect(floored(), CELLS, GENES, reading("latest.h5ad", "").data());
    }

    @Test
    void theRawMatrixOfOldFilesHasFeaturesOfItsOwn() {
        float[][] expected =
                Arrays.stream(scaled(2)).map(row -> Arrays.copyOf(row, 4)).toArray(float[][]::new);
        expect(
                expected,
                CELLS,
                GENES.subList(0, 4),
                reading("before_0_7.h5ad", "raw/X").data());
    }

    @ParameterizedTest
    @CsvSource({
        "cellranger3.h5,'',/matrix,1,A B B C D",
        "cellranger3.h5,matrix,/matrix,1,A B B C D",
        "cellranger2_1.h5,'',/hg19,1,A B E F G",
        "cellranger2_2.h5,hg19,/hg19,1,A B E F G",
        "cellranger2_2.h5,mm10,/mm10,2,A B E F G"
    })
    void cellRangerHasOneSampleAColumn(String file, String layer, String group, float factor, String features) {
        Reading reading = reading(file, layer);
        float[][] expected = scaled(factor);
        expected[6][4] = 8 * factor;
        expect(expected, CELLS, List.of(features.split(" ")), reading.data());
        assertEquals("CellRanger .h5, " + group + " (CSC)", reading.format());
    }

    @Test
    void oneOfSeveralGenomesMustBeChosen() {
        assertEquals(
                "the file has a matrix for each genome; choose one with --layer: hg19, mm10",
                refusal(unpack(directory, "cellranger2_2.h5"), request("")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"})
    void everyTypeOfNumberIsRead(String type) {
        float[][] expected = floored();
        expected[6][0] = 0;
        assertValues(expected, reading("types.h5ad", type).data());
    }

    @ParameterizedTest
    @ValueSource(strings = {"i2_big", "i4_big", "f4_big", "compact", "chunked"})
    void everyOrderOfBytesAndLayoutIsRead(String layer) {
        everyTypeOfNumberIsRead(layer);
    }

    @Test
    void truthValuesAreOneAndZero() {
        float[][] expected = scaled(1);
        expected[6][0] = 0;
        for (float[] row : expected) {
            for (int j = 0; j < row.length; j++) {
                row[j] = Math.min(row[j], 1);
            }
        }
        assertValues(expected, reading("types.h5ad", "bool").data());
    }

    /** R writes NA in integers as the least integer, and in truth values as −128. */
    @Test
    void missingValuesOfRAreNotNumbers() {
        List<String> samples = List.of("one", "two");
        List<String> features = List.of("A", "B", "C");
        expect(
                new float[][] {{1, NAN, 0}, {0, 4, 5}},
                samples,
                features,
                reading("rhdf5.loom", "").data());
        expect(
                new float[][] {{1, NAN, 0}, {0, 1, 1}},
                samples,
                features,
                reading("rhdf5.loom", "logical").data());
        expect(
                new float[][] {{1.5f, NAN, 0.5f}, {0.5f, 4.5f, 5.5f}},
                samples,
                features,
                reading("rhdf5.loom", "double").data());
    }

    @ParameterizedTest
    @ValueSource(strings = {"all_zero", "all_nan", "all_minus"})
    void aFillValueThatIsNotUsedDoesNoHarm(String layer) {
        assertValues(VALUES, reading("unwritten.h5ad", layer).data());
    }

    @Test
    void whatWasNeverWrittenIsZeroIfTheFillValueIs() {
        float[][] first = new float[7][5];
        first[0] = VALUES[0];
        first[1] = VALUES[1];
        assertValues(first, reading("unwritten.h5ad", "zero").data());
        assertValues(new float[7][5], reading("unwritten.h5ad", "none_zero").data());
        assertValues(new float[7][5], reading("unwritten.h5ad", "contiguous").data());
    }

    @ParameterizedTest
    @CsvSource({"nan,NaN", "minus,-999.0", "none_nan,NaN", "none_minus,-999.0", "contiguous_nan,NaN"})
    void whatWasNeverWrittenIsRefusedIfTheFillValueIsNotZero(String layer, String fill) {
        assertEquals(
                "/layers/" + layer + " has parts that were never written and stand for its fill value " + fill
                        + ", which is not supported; write them: read the data set in h5py, and save a copy",
                refusal(unpack(directory, "unwritten.h5ad"), request(layer)));
    }

    /** The library cannot open a group that has a virtual data set or a region reference. */
    @ParameterizedTest
    @ValueSource(strings = {"virtual_earliest.h5ad", "virtual_latest.h5ad"})
    void whatTheLibraryCannotReadConcernsOnlyThoseThatAskForIt(String file) {
        expect(VALUES, CELLS, GENES, reading(file, "plain").data());
        assertEquals(
                "/layers/virtual cannot be read (Virtual storage is not supported); the file is damaged, or uses what"
                        + " this program's HDF5 library lacks: copy it again, or write it anew with h5py",
                refusal(unpack(directory, file), request("virtual")));
    }

    @Test
    void aCommittedDatatypeIsRefusedByName() {
        Path file = unpack(directory, "committed.h5ad");
        assertValues(VALUES, read(file, request("plain")).data());
        assertEquals(
                "/layers/named has a committed (named) datatype, which cannot be read; write the data set with a plain"
                        + " type",
                refusal(file, request("named")));
        assertEquals("/layers/type should be a data set, but is a named datatype", refusal(file, request("type")));
    }

    @Test
    void anotherHdf5FileIsRefused() {
        assertEquals(
                "this HDF5 file is neither .h5ad, nor of CellRanger, nor .loom: its top level has temperature; save the"
                        + " data as one of these, or as .npz",
                refusal(unpack(directory, "other.h5"), request("")));
    }

    @Test
    void theSignatureMayComeAfterABlockOfTheUser() throws IOException {
        byte[] file = Files.readAllBytes(unpack(directory, "other.h5"));
        assertTrue(Hdf5Reader.matches(file));
        assertTrue(Hdf5Reader.matches(Arrays.copyOf(file, 8)));
        assertFalse(Hdf5Reader.matches(Arrays.copyOf(file, 7)));
        for (int block : new int[] {512, 1024, 2048, 4096}) {
            byte[] shifted = new byte[block + 8];
            System.arraycopy(file, 0, shifted, block, 8);
            assertTrue(Hdf5Reader.matches(shifted));
        }
        byte[] elsewhere = new byte[1000];
        System.arraycopy(file, 0, elsewhere, 256, 8);
        assertFalse(Hdf5Reader.matches(elsewhere));
        assertFalse(Hdf5Reader.matches(new byte[0]));
    }

    @Test
    void aMatrixBeyondTheLimitIsRefused() {
        Path file = unpack(directory, "anndata_csr.h5ad");
        assertEquals(
                "the 7 × 5 matrix, if dense, takes 140 bytes of memory, more than the limit of 139; raise the limit, or"
                        + " use fewer rows or columns",
                refusal(file, new Hdf5Request("", false, 139, -1)));
        read(file, new Hdf5Request("", false, 140, -1));
        long bytes = ((SparseMatrix) read(file, new Hdf5Request("", false, Long.MAX_VALUE, 1))
                        .data())
                .bytes();
        read(file, new Hdf5Request("", false, bytes, 1));
        assertEquals(
                "the 7 × 5 sparse matrix of 9 nonzeros takes " + bytes + " bytes of memory, more than the limit of "
                        + (bytes - 1) + "; raise the limit, or use fewer rows or columns",
                refusal(file, new Hdf5Request("", false, bytes - 1, 1)));
    }
}
