package io.github.paenmf.io.hdf5;

import static io.github.paenmf.io.hdf5.Hdf5Fixtures.VALUES;
import static io.github.paenmf.io.hdf5.Hdf5Fixtures.assertValues;
import static io.github.paenmf.io.hdf5.Hdf5Fixtures.read;
import static io.github.paenmf.io.hdf5.Hdf5Fixtures.refusal;
import static io.github.paenmf.io.hdf5.Hdf5Fixtures.request;
import static io.github.paenmf.io.hdf5.Hdf5Fixtures.unpack;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.RowSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is wrong in a file is said with the name of the data set, and nothing is lost. */
class Hdf5DamageTest {

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "negative | /indices is -2 at entry 5, in row 4, but must be 0 to 4; the file is damaged",
                "beyond | /indices is 5 at entry 9, in row 7, but must be 0 to 4; the file is damaged",
                "descending | /indptr is 2 at entry 4, but must be 3 to 9; the file is damaged",
                "late | /indptr is 1 at entry 1, but must begin with 0; the file is damaged",
                "too_far | /indptr is 10 at entry 7, but must be 6 to 9; the file is damaged",
                "too_short | /indptr ends with 8, but /layers/too_short/data has 9 entries; the file is damaged",
                "few_rows | /indptr should have 8 elements, one for each row and one more, but its shape is 4;"
                        + " the file is damaged",
                "few_indices | /indices should have 9 elements, one for each of /layers/few_indices/data, but its shape"
                        + " is 3; the file is damaged",
                "fraction | /indices should hold whole numbers, but has 2.5",
                "huge | /indices is 9223372036854775807 at entry 5, in row 4, but must be 0 to 4; the file is damaged",
                "words | /data should hold numbers, but holds text",
                "table | /data should be a list, but its shape is 9 × 1",
                "no_shape | ' lacks its attribute shape, a pair of sizes; the file is damaged'",
            })
    void aCompressedMatrixThatLiesIsRefused(String layer, String message) {
        assertEquals("/layers/" + layer + message, refusal(unpack(directory, "damaged.h5ad"), request(layer)));
    }

    @Test
    void whatIsAbsentIsNamedWithWhatThereIs() {
        assertEquals(
                "there is no data set /layers/no_indices/indices in it; /layers/no_indices/ has data, indptr",
                refusal(unpack(directory, "damaged.h5ad"), request("no_indices")));
    }

    @Test
    void aShapeThatCannotBeIsRefused() {
        Path file = unpack(directory, "damaged.h5ad");
        assertEquals(
                "/var/_index should have 2147483648 elements, one for each feature, but its shape is 5; the file is"
                        + " damaged",
                refusal(file, request("large")));
        assertEquals(
                "/var/_index should have 6 elements, one for each feature, but its shape is 5; the file is damaged",
                refusal(file, request("other_shape")));
    }

    @Test
    void aMatrixThatCannotBeIsRefused() {
        assertEquals(
                "a matrix needs at least one row and one column, but this one is 5 × 0",
                assertThrows(DataException.class, () -> new LineStore(0, 5, false, 0, request("")))
                        .getMessage());
        assertEquals(
                "a 7 × 2147483640 matrix is too large; at most 2147483639 rows or columns are supported: split the data",
                assertThrows(DataException.class, () -> new LineStore(7, 2_147_483_640, true, 0, request("")))
                        .getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"unordered", "doubles"})
    void indicesMayBeInAnyOrderAndOfAnyType(String layer) {
        assertValues(
                VALUES, read(unpack(directory, "damaged.h5ad"), request(layer)).data());
    }

    /** Entries 4 and 5 both are in column 0 of row 3. */
    @ParameterizedTest
    @ValueSource(doubles = {-1, 1})
    void entriesOfOnePlaceAreAdded(double density) {
        RowSource data = read(
                        unpack(directory, "damaged.h5ad"), new Hdf5Request("repeated", false, Long.MAX_VALUE, density))
                .data();
        float[] row = new float[5];
        data.copyRow(3, row, 0);
        assertEquals(List.of(9f, 0f, 0f, 0f, 0f), List.of(row[0], row[1], row[2], row[3], row[4]));
    }

    @Test
    void zerosThatAreListedAreDropped() {
        RowSource data =
                read(unpack(directory, "damaged.h5ad"), request("zeros")).data();
        assertEquals("7 × 5 sparse matrix of 6 nonzeros", data.toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "missing | /raw/var/i/codes holds the names, but entry 4 is missing; name it",
                "masked | /raw/var/i holds the names, but entry 3 is missing; name it",
                "beyond | /raw/var/i/codes is 2 at entry 4, but /raw/var/i/categories has 2 entries; the file is damaged",
                "few | /raw/var/i should have 5 elements, one for each feature, but its shape is 4; the file is damaged",
                "unknown | /raw/var/i holds the names, but its encoding 'odd' is not supported; write them as text",
                "absent | there is no data set /raw/var/i in it; /raw/var/ has nothing",
                "nested | /raw/var/i should have 5 elements, one for each feature, but its shape is 5 × 2; the file is"
                        + " damaged",
            })
    void namesThatCannotBeAreRefused(String kind, String message) {
        assertEquals(message, refusal(unpack(directory, "names_" + kind + ".h5ad"), request("raw")));
    }

    @Test
    void numbersMayBeNames() {
        assertEquals(
                List.of("0", "10", "20", "30", "40"),
                read(unpack(directory, "names_numbers.h5ad"), request("raw"))
                        .data()
                        .columnNames());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "awkward | /layers/awkward has the encoding 'awkward-array', which is not supported; save it as"
                        + " csr_matrix, csc_matrix or array",
                "coded | /layers/coded has the encoding 'rec-array', which is not supported; save it as csr_matrix,"
                        + " csc_matrix or array",
                "text | /layers/text should hold numbers, but holds text",
                "complex | /layers/complex should hold numbers, but its elements have several members",
                "cube | /layers/cube should be a matrix, but its shape is 7 × 5 × 2",
            })
    void whatIsNoMatrixOfNumbersIsRefused(String layer, String message) {
        assertEquals(message, refusal(unpack(directory, "types.h5ad"), request(layer)));
    }

    @Test
    void aFilterWhoseLibraryIsMissingSaysWhatToAdd() {
        assertEquals(
                "/X is compressed with LZ4 or bitshuffle, for which the jar lz4-java is missing; put"
                        + " at.yawk.lz4:lz4-java 1.11.1 on the class path, or compress with gzip",
                refusal(unpack(directory, "lz4.h5ad"), request("")));
    }

    @Test
    void aTruncatedFileSaysSo() throws IOException {
        Path file = unpack(directory, "anndata_csr.h5ad");
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length - 1));
        assertEquals(
                "the file has " + (whole.length - 1) + " bytes, but was written with " + whole.length
                        + "; it is truncated: copy it again",
                refusal(file, request("")));
        Files.write(file, Arrays.copyOf(whole, 40));
        assertTrue(refusal(file, request("")).startsWith("the HDF5 file cannot be read ("));
    }

    /** Whatever bytes are wrong: a matrix or a message, and no error of the library. */
    @ParameterizedTest
    @Timeout(300)
    @ValueSource(strings = {"anndata_csc.h5ad", "anndata.loom", "latest.h5ad", "cellranger3.h5", "version_0_7.h5ad"})
    void damagedBytesGiveAMatrixOrAMessage(String name) throws IOException {
        Path file = unpack(directory, name);
        byte[] whole = Files.readAllBytes(file);
        Random random = new Random(14);
        int refused = 0;
        for (int i = 0; i < 30; i++) {
            byte[] damaged = whole.clone();
            for (int j = 0; j < 40; j++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            Files.write(file, damaged);
            try {
                read(file, new Hdf5Request("", false, 1 << 22, .2));
            } catch (DataException e) {
                refused++;
                assertEquals(1, e.getMessage().lines().count(), e.getMessage());
            }
        }
        assertTrue(refused > 5, "refused only " + refused);
    }
}
