package io.github.paenmf.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class IncompleteDataTest {

    private static final float X = Float.NaN;
    private static final float[][] FEW = {{1, X, 0, 300}, {0, 2, 0, 0}, {5, 0, X, 0.5f}};
    private static final float[][] MANY = {{X, X, 0, 300}, {X, 2, X, X}, {X, 0, X, X}};

    private static RowSource data(float[][] values, boolean sparse) {
        Matrix dense = Matrix.of(values).withNames(List.of("a", "b", "c"), List.of("p", "q", "s", "t"));
        return sparse ? SparseMatrix.of(dense) : dense;
    }

    private static boolean isMissing(float value, Missing policy) {
        return Float.isNaN(value) || policy == Missing.ZEROS && value == 0;
    }

    /** Rows of 1 where something is missing, from either list. */
    private static int[][] missing(Mask mask) {
        int[][] missing = new int[mask.rows()][mask.columns()];
        int[] listed = new int[mask.columns()];
        for (int i = 0; i < mask.rows(); i++) {
            int count = mask.copyListed(i, listed);
            assertEquals(count, mask.listed(i));
            Arrays.fill(missing[i], mask.listsObserved() ? 1 : 0);
            for (int l = 0; l < count; l++) {
                missing[i][listed[l]] = mask.listsObserved() ? 0 : 1;
                assertEquals(true, l == 0 || listed[l] > listed[l - 1]);
            }
            int others = mask.copyUnlisted(i, listed);
            assertEquals(mask.columns() - count, others);
            for (int l = 0; l < others; l++) {
                assertEquals(mask.listsObserved() ? 1 : 0, missing[i][listed[l]]);
            }
            assertEquals(Arrays.stream(missing[i]).sum(), mask.missing(i));
        }
        assertEquals(Arrays.stream(missing).flatMapToInt(Arrays::stream).sum(), mask.missing());
        assertEquals((long) mask.rows() * mask.columns() - mask.missing(), mask.observed());
        return missing;
    }

    @ParameterizedTest
    @CsvSource({
        "false, false, NAN, false", "false, true, NAN, false", "true, false, NAN, true", "true, true, NAN, true",
        "false, false, ZEROS, true", "false, true, ZEROS, true", "true, true, ZEROS, true", "true, false, ZEROS, true"
    })
    void missingValuesReadAsZeroAndTheMaskListsWhatIsFewer(
            boolean many, boolean sparse, Missing policy, boolean listsObserved) {
        float[][] values = many ? MANY : FEW;

        RowSource known = IncompleteData.of(data(values, sparse), policy);

        assertEquals(sparse, known instanceof SparseSource);
        assertEquals(List.of("a", "b", "c"), known.rowNames());
        assertEquals(List.of("p", "q", "s", "t"), known.columnNames());
        assertEquals(listsObserved, known.mask().listsObserved());
        int[][] missing = missing(known.mask());
        int[][] transposed = missing(known.mask().transpose());
        float[][] read = Matrix.of(known).toRows();
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 4; j++) {
                boolean isMissing = isMissing(values[i][j], policy);
                assertEquals(isMissing ? 1 : 0, missing[i][j], i + " " + j);
                assertEquals(missing[i][j], transposed[j][i]);
                assertEquals(isMissing ? 0 : values[i][j], read[i][j]);
            }
        }
        assertSame(known, IncompleteData.of(known, Missing.NAN));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSelectionKeepsWhatIsMissing(boolean sparse) {
        RowSource known = IncompleteData.of(data(FEW, sparse), Missing.NAN);

        RowSource rows = known.selectRows(new int[] {2, 1, 2});
        RowSource columns = known.selectColumns(new int[] {2, 0});

        assertArrayEquals(new int[][] {{0, 0, 1, 0}, {0, 0, 0, 0}, {0, 0, 1, 0}}, missing(rows.mask()));
        assertArrayEquals(new int[][] {{0, 0}, {0, 0}, {1, 0}}, missing(columns.mask()));
        assertEquals(List.of("s", "p"), columns.columnNames());
        assertEquals(2, known.withNames(List.of(), List.of()).mask().missing());
        assertNull(known.selectRows(new int[] {1}).mask());
        assertSame(
                sparse ? SparseMatrix.class : Matrix.class,
                known.selectRows(new int[] {1}).getClass());
    }

    @ParameterizedTest
    @EnumSource(Missing.class)
    void completeDataStayThemselves(Missing policy) {
        Matrix dense = Matrix.of(new float[][] {{1, 2}, {3, 4}});
        SparseMatrix sparse = SparseMatrix.of(dense);

        assertSame(dense, IncompleteData.of(dense, policy));
        assertSame(sparse, IncompleteData.of(sparse, policy));
    }

    @Test
    void zerosThatAreMissingTakeNoCopyOfSparseData() {
        RowSource sparse = data(new float[][] {{1, 0, 0, 0}, {0, 2, 0, 0}, {0, 0, 1, 1}}, true);

        RowSource known = IncompleteData.of(sparse, Missing.ZEROS);

        assertSame(sparse, ((SparseRows) known.block(0, 1)).source());
        assertEquals(8, known.mask().missing());
    }

    @Test
    void maskedDataWhoseZerosAreMissingHideBoth() {
        RowSource known = IncompleteData.of(data(FEW, true), Missing.NAN);

        assertEquals(7, IncompleteData.of(known, Missing.ZEROS).mask().missing());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rowsAndFeaturesOfWhichNothingIsKnownAreRefusedByName(boolean sparse) {
        RowSource row =
                IncompleteData.of(data(new float[][] {{1, 1, 1, 1}, {X, X, X, X}, {0, 0, 0, 0}}, sparse), Missing.NAN);
        RowSource column =
                IncompleteData.of(data(new float[][] {{1, 1, X, X}, {X, 1, X, 1}, {0, 0, X, 0}}, sparse), Missing.NAN);
        RowSource most = IncompleteData.of(data(MANY, sparse), Missing.ZEROS);

        assertEquals(
                "all values in row 2 (b) are missing: nothing is known of this sample; leave it out",
                assertThrows(DataException.class, () -> row.mask().requireUsable(row))
                        .getMessage());
        assertEquals(
                "all values in column 3 (s) are missing: nothing is known of this feature; leave it out",
                assertThrows(DataException.class, () -> column.mask().requireUsable(column))
                        .getMessage());
        column.mask().requireUsableRows(column);
        assertEquals(
                "all values in row 3 (c) are missing: nothing is known of this sample; leave it out",
                assertThrows(DataException.class, () -> most.mask().requireUsable(most))
                        .getMessage());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void otherValuesAreStillChecked(boolean sparse) {
        RowSource infinite = IncompleteData.of(
                data(new float[][] {{1, X, 1, 1}, {1, 1, Float.POSITIVE_INFINITY, 1}, {1, 1, 1, 1}}, sparse),
                Missing.NAN);

        assertSame(infinite.selectRows(new int[] {0}).getClass(), infinite.getClass());
        assertThrows(DataException.class, infinite::requireFinite);
        assertThrows(DataException.class, infinite::requireNonNegative);
    }

    @Test
    void theRefusalOfAMissingValueSaysHowToAllowIt() {
        MissingValueException refusal =
                assertThrows(MissingValueException.class, () -> data(FEW, false).requireFinite());

        assertEquals(
                "the value in row 1 (a), column 2 (q) is missing or not a number (NaN); matrix factorisation needs finite"
                        + " values",
                refusal.problem());
        assertEquals(refusal.problem() + ", unless missing values are allowed (missing(true))", refusal.getMessage());
    }
}
