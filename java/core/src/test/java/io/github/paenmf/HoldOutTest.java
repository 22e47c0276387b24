package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.TrainOn;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class HoldOutTest {

    private static Matrix digits() throws IOException {
        return MatrixReader.read("demo:digits");
    }

    private static float[] row(RowSource data, int i) {
        float[] row = new float[data.columns()];
        data.copyRow(i, row, 0);
        return row;
    }

    @Test
    void aShareOfAllEntriesIsHiddenWhateverTheirStorage() throws IOException {
        Matrix data = digits();
        HoldOut dense = HoldOut.split(data, Missing.NONE, 0.1, 3);
        HoldOut sparse = HoldOut.split(SparseMatrix.of(data), Missing.NONE, 0.1, 3);
        assertTrue(sparse.training() instanceof SparseSource);
        assertEquals(Missing.NAN, dense.missing());
        long hidden = 0;
        long zeros = 0;
        for (int i = 0; i < data.rows(); i++) {
            float[] before = row(data, i);
            float[] a = row(dense.training(), i);
            float[] b = row(sparse.training(), i);
            for (int j = 0; j < a.length; j++) {
                assertEquals(a[j], b[j]);
                if (Float.isNaN(a[j])) {
                    hidden++;
                    zeros += before[j] == 0 ? 1 : 0;
                } else {
                    assertEquals(before[j], a[j]);
                }
            }
        }
        assertEquals(hidden, dense.entries());
        assertEquals(hidden, sparse.entries());
        // binomial: 8 standard deviations
        double n = data.size();
        assertEquals(0.1 * n, (double) hidden, 8 * Math.sqrt(0.09 * n));
        assertTrue(zeros > hidden / 3, "zeros are entries, too: " + zeros + " of " + hidden);
        HoldOut other = HoldOut.split(data, Missing.NONE, 0.1, 4);
        int same = 0;
        for (int i = 0; i < data.rows(); i++) {
            for (int j = 0; j < data.columns(); j++) {
                same += Float.isNaN(row(other.training(), i)[j]) && Float.isNaN(row(dense.training(), i)[j]) ? 1 : 0;
            }
        }
        assertTrue(same < hidden / 5, "another seed hides others: " + same + " in common");
    }

    @Test
    void patternsAreIndependent() throws IOException {
        Matrix data = digits();
        HoldOut first = HoldOut.split(data, Missing.NONE, 0.1, 3, 0);
        HoldOut second = HoldOut.split(data, Missing.NONE, 0.1, 3, 1);
        HoldOut seed = HoldOut.split(data, Missing.NONE, 0.1, 3);
        int both = 0;
        for (int i = 0; i < data.rows(); i++) {
            float[] a = row(first.training(), i);
            float[] b = row(second.training(), i);
            assertArrayEquals(row(seed.training(), i), a);
            for (int j = 0; j < a.length; j++) {
                both += Float.isNaN(a[j]) && Float.isNaN(b[j]) ? 1 : 0;
            }
        }
        // binomial: 8 standard deviations
        double n = data.size();
        assertEquals(0.01 * n, both, 8 * Math.sqrt(0.0099 * n));
    }

    @Test
    void whereZerosAreMissingOnlyOthersAreHidden() throws IOException {
        Matrix data = digits();
        HoldOut split = HoldOut.split(SparseMatrix.of(data), Missing.ZEROS, 0.2, 3);
        SparseSource training = (SparseSource) split.training();
        assertEquals(Missing.ZEROS, split.missing());
        assertEquals(SparseMatrix.of(data).nonzeros(), training.nonzeros() + split.entries());
    }

    @Test
    void everyRowAndColumnKeepsSomething() {
        float[][] values = new float[30][9];
        for (int i = 0; i < 30; i++) {
            for (int j = 0; j < 9; j++) {
                values[i][j] = i == 4 && j != 2 || j == 5 && i != 7 ? Float.NaN : 1 + i + j;
            }
        }
        RowSource training =
                HoldOut.split(Matrix.of(values), Missing.NAN, 0.95, 1).training();
        boolean[] column = new boolean[9];
        for (int i = 0; i < 30; i++) {
            boolean any = false;
            float[] row = row(training, i);
            for (int j = 0; j < 9; j++) {
                any |= !Float.isNaN(row[j]);
                column[j] |= !Float.isNaN(row[j]);
            }
            assertTrue(any, "row " + i);
        }
        for (int j = 0; j < 9; j++) {
            assertTrue(column[j], "column " + j);
        }
    }

    /** Planted data at 5 % noise: what is predicted is off by the noise and by what the fit makes of it. */
    @Test
    void everyAlgorithmPredictsWhatItHasNotSeen() {
        Matrix data = TestData.planted(300, 40, 3, 0.05, 1).data();
        HoldOut split = HoldOut.split(data, Missing.NONE, 0.1, 2);
        RowSource training = split.training();
        Nmf.Builder nmf = Nmf.builder().rank(3).epochs(300).missing(true);
        double hals = split.relativeError(nmf.build().fit(training));
        double mu = split.relativeError(nmf.algorithm(NmfAlgorithm.MU).build().fit(training));
        double vb = split.relativeError(VariationalNmf.builder()
                .rank(3)
                .epochs(100)
                .missing(true)
                .build()
                .fit(training));
        PaeNmf.Builder pae = PaeNmf.builder().rank(3).epochs(1000).missing(true);
        double distributions = split.relativeError(pae.build().fit(training));
        double ae =
                split.relativeError(pae.trainOn(TrainOn.SCALE).kl(false).build().fit(training));
        String errors = hals + ", " + mu + ", " + vb + ", " + distributions + ", " + ae;
        // the noise alone is some 0.05; data of which nothing is known would be off by 1
        assertTrue(hals < 0.1 && mu < 0.1 && vb < 0.1, errors);
        assertTrue(distributions < 0.35 && ae < 0.35, errors);
    }

    /** One component has nearly all of its weight in an entry that is hidden, where nothing holds it: 20 times the norm. */
    @Test
    void whatIsSeenNowhereDoesNotRunAway() throws IOException {
        HoldOut split = HoldOut.split(digits(), Missing.NONE, 0.1, 1);
        NmfModel model =
                Nmf.builder().rank(16).epochs(50).seed(1).missing(true).build().fit(split.training());
        assertTrue(split.relativeError(model) < 0.5, () -> "error " + split.relativeError(model));
    }

    @Test
    void whatCannotBeHiddenIsRefused() {
        Matrix data = Matrix.of(new float[][] {{1, 2}, {3, 4}});
        assertThrows(IllegalArgumentException.class, () -> HoldOut.split(data, Missing.NONE, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> HoldOut.split(data, Missing.NONE, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> HoldOut.split(data, Missing.NONE, 0.5, 1, -1));
        DataException none = assertThrows(DataException.class, () -> HoldOut.split(data, Missing.NONE, 1e-9, 1));
        assertTrue(none.getMessage().contains("too small"), none.getMessage());
        Matrix missing = Matrix.of(new float[][] {{1, Float.NaN}, {3, 4}});
        assertThrows(DataException.class, () -> HoldOut.split(missing, Missing.NONE, 0.5, 1));
        SparseMatrix.Builder wide = SparseMatrix.builder(100_000);
        for (int i = 0; i < 30_000; i++) {
            wide.addRow(new int[] {i}, new float[] {1}, 1);
        }
        SparseMatrix large = wide.build();
        DataException many = assertThrows(DataException.class, () -> HoldOut.split(large, Missing.NONE, 0.1, 1));
        assertTrue(many.getMessage().contains("--zeros-missing"), many.getMessage());
    }
}
