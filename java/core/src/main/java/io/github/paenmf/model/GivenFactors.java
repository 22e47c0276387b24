package io.github.paenmf.model;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import java.util.Objects;
import java.util.function.IntToDoubleFunction;

/**
 * Factors that a fit starts from, in the units in which a model gives them: V ≈ H·basisᵀ of data in theirs.
 *
 * @param basis m × r₀, finite and ≥ 0: the first r₀ components of the fit, which may have more
 * @param coefficients H of the training rows, n × r, likewise; or null for those that explain the rows best by the basis
 * @param fixed whether the basis keeps its values
 */
public record GivenFactors(Matrix basis, Matrix coefficients, boolean fixed) {

    /**
     * @throws DataException if a value is negative or not finite
     */
    public GivenFactors {
        Objects.requireNonNull(basis, "basis");
        require(basis, "basis");
        if (coefficients != null) {
            require(coefficients, "coefficients");
        }
    }

    private static void require(Matrix factor, String what) {
        try {
            factor.requireNonNegative();
        } catch (DataException e) {
            throw new DataException("the given " + what + ": " + e.getMessage(), e);
        }
    }

    /** r₀. */
    public int components() {
        return basis.columns();
    }

    /** How many components keep their values. */
    public int fixedComponents() {
        return fixed ? components() : 0;
    }

    /**
     * The same for a fit of this rank.
     *
     * @throws SettingException if the rank is less than r₀
     */
    public GivenFactors requireRank(int rank) {
        Setting.RANK.require(
                rank, rank >= components(), "at least " + components() + ", the components of the given basis");
        return this;
    }

    /**
     * The same for data: rows of the basis in the order of their columns, rows of the coefficients in that of their rows,
     * by the names where both have some, else by position.
     *
     * @param data n × m
     * @throws SettingException if the rank is less than r₀
     * @throws DataException if shapes or names are not those of the data
     */
    public GivenFactors arranged(RowSource data, int rank) {
        requireRank(rank);
        requireShape("basis", basis, data, data.columns(), components(), "column");
        Matrix rows = FeatureOrder.arrangeRows("basis", basis, "column", data.columnNames());
        if (coefficients == null) {
            return new GivenFactors(rows, null, fixed);
        }
        requireShape("coefficients", coefficients, data, data.rows(), rank, "row");
        Matrix h = FeatureOrder.arrangeRows("coefficients", coefficients, "row", data.rowNames());
        return new GivenFactors(rows, h, fixed);
    }

    private static void requireShape(String what, Matrix factor, RowSource data, int rows, int components, String of) {
        if (factor.rows() == rows && factor.columns() == components) {
            return;
        }
        boolean transposed = factor.columns() == rows && factor.rows() != rows;
        throw new DataException("the given " + what + (what.equals("basis") ? " is " : " are ") + factor.rows() + " × "
                + factor.columns() + ", the data are " + data.rows() + " × " + data.columns()
                + ": it takes one row for each " + of + " of the data, " + rows + ", and one column for each component"
                + (factor.rows() == rows ? ", " + components : "")
                + (transposed ? "; what was given seems to be transposed" : ""));
    }

    /** The same with weights of each feature divided by a number. */
    public GivenFactors divided(IntToDoubleFunction divisors) {
        Matrix quotients = basis.copy();
        for (int f = 0; f < quotients.rows(); f++) {
            for (int j = 0; j < quotients.columns(); j++) {
                quotients.storage(f)[quotients.offset(f) + j] = (float) (basis.get(f, j) / divisors.applyAsDouble(f));
            }
        }
        return new GivenFactors(quotients, coefficients, fixed);
    }
}
