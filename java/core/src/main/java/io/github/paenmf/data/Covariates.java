package io.github.paenmf.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What is known of rows beside their values, such as batch, donor, sector or weekday: a table of numbers and texts, which
 * shape the prior of each row's coefficients. Immutable.
 *
 * <pre>{@code
 * Covariates table = Covariates.builder().texts("batch", "a", "a", "b").numbers("age", 31, 54, 47).build();
 * VariationalModel model = VariationalNmf.builder().rank(8).build().fit(Covariates.attach(data, table));
 * }</pre>
 */
public final class Covariates {

    private final int rows;
    private final List<Column> columns;
    private final List<String> rowNames;

    /**
     * A column.
     *
     * @param texts null where numbers came as numbers
     * @param numbers null where not every text is one
     */
    record Column(String name, List<String> texts, double[] numbers) {

        Column select(int[] indices) {
            return new Column(
                    name,
                    texts == null
                            ? null
                            : Arrays.stream(indices).mapToObj(texts::get).toList(),
                    numbers == null
                            ? null
                            : Arrays.stream(indices)
                                    .mapToDouble(i -> numbers[i])
                                    .toArray());
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Column that
                    && name.equals(that.name)
                    && Objects.equals(texts, that.texts)
                    && Arrays.equals(numbers, that.numbers);
        }

        @Override
        public int hashCode() {
            return 31 * (31 * name.hashCode() + Objects.hashCode(texts)) + Arrays.hashCode(numbers);
        }
    }

    private Covariates(int rows, List<Column> columns, List<String> rowNames) {
        this.rows = rows;
        this.columns = List.copyOf(columns);
        this.rowNames = List.copyOf(rowNames);
    }

    /** Collects columns. */
    public static Builder builder() {
        return new Builder();
    }

    /** n. */
    public int rows() {
        return rows;
    }

    /** Names of the columns, in their order. */
    public List<String> columnNames() {
        return columns.stream().map(Column::name).toList();
    }

    /** One name per row, or an empty list. */
    public List<String> rowNames() {
        return rowNames;
    }

    List<Column> columns() {
        return columns;
    }

    /** The column of a name, or null. */
    Column column(String name) {
        return columns.stream()
                .filter(column -> column.name.equals(name))
                .findFirst()
                .orElse(null);
    }

    /** The rows whose indices are given, in that order; a row may occur more than once. */
    public Covariates selectRows(int[] indices) {
        return new Covariates(
                indices.length,
                columns.stream().map(column -> column.select(indices)).toList(),
                Checks.select(rowNames, indices));
    }

    /**
     * The same values (shared, not copied) with the covariates of each row, which stay with their rows, whichever of them
     * are selected. Rows are matched by name where both data and table have names, else by order.
     *
     * @param data n × m
     * @param table of n rows
     * @throws DataException that names the row which is missing in the table, is there twice, or is not one of the data,
     *     or if there are not n of them
     */
    public static RowSource attach(RowSource data, Covariates table) {
        return CovariateRows.of(data, table.arranged(data));
    }

    private Covariates arranged(RowSource data) {
        List<String> names = data.rowNames();
        if (rowNames.isEmpty() || names.isEmpty()) {
            if (rows != data.rows()) {
                throw new DataException("there are covariates of " + rows + " rows for " + data.rows()
                        + " rows of data; one row each is needed, in their order");
            }
            return this;
        }
        Map<String, Integer> places = new HashMap<>();
        for (int i = 0; i < rows; i++) {
            Integer before = places.put(rowNames.get(i), i);
            if (before != null) {
                throw new DataException("'" + rowNames.get(i) + "' has covariates twice, in rows " + (before + 1)
                        + " and " + (i + 1) + " of their table");
            }
        }
        int[] order = new int[data.rows()];
        for (int i = 0; i < order.length; i++) {
            Integer place = places.get(names.get(i));
            if (place == null) {
                throw new DataException("row " + Checks.label(i, names) + " of the data has no covariates");
            }
            order[i] = place;
        }
        Set<String> known = new HashSet<>(names);
        for (int i = 0; i < rows; i++) {
            if (!known.contains(rowNames.get(i))) {
                throw new DataException(
                        "row " + Checks.label(i, rowNames) + " of the covariates is no row of the data; leave it out");
            }
        }
        return selectRows(order);
    }

    /** Data with the covariates that other data of the same rows come with, or without where those have none. */
    public static RowSource attachThoseOf(RowSource with, RowSource data) {
        return with.covariates() == null || data.covariates() != null
                ? data
                : CovariateRows.of(data, with.covariates());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Covariates that
                && rows == that.rows
                && columns.equals(that.columns)
                && rowNames.equals(that.rowNames);
    }

    @Override
    public int hashCode() {
        return 31 * columns.hashCode() + rowNames.hashCode();
    }

    /** Collects the columns of a table; {@link #build()} checks them. */
    public static final class Builder {

        private final List<Column> columns = new ArrayList<>();
        private List<String> rowNames = List.of();

        private Builder() {}

        /** A column of numbers, one per row. */
        public Builder numbers(String name, double... values) {
            columns.add(new Column(Objects.requireNonNull(name, "name"), null, values.clone()));
            return this;
        }

        /** A column of texts, one per row: of a batch, a donor. */
        public Builder texts(String name, String... values) {
            return texts(name, List.of(values));
        }

        /** A column of texts, one per row. */
        public Builder texts(String name, List<String> values) {
            columns.add(new Column(Objects.requireNonNull(name, "name"), List.copyOf(values), null));
            return this;
        }

        /** A column of texts each of which is a number, to be taken for numbers unless a model knows it as texts. */
        public Builder textsOfNumbers(String name, List<String> values, double[] numbers) {
            columns.add(new Column(Objects.requireNonNull(name, "name"), List.copyOf(values), numbers.clone()));
            return this;
        }

        /** Names of the rows, by which they are matched with those of the data; none unless set. */
        public Builder rowNames(List<String> value) {
            rowNames = List.copyOf(value);
            return this;
        }

        /**
         * Checks all columns.
         *
         * @throws DataException if there is no column, columns have the same name or another number of rows, or a number
         *     is not finite; the message names row and column
         */
        public Covariates build() {
            if (columns.isEmpty()) {
                throw new DataException("there are no covariates: their table has no column");
            }
            int rows = length(columns.get(0));
            Set<String> names = new HashSet<>();
            for (Column column : columns) {
                if (!names.add(column.name)) {
                    throw new DataException("two columns of the covariates are called '" + column.name + "'");
                }
                if (length(column) != rows) {
                    throw new DataException("column '" + column.name + "' of the covariates has " + length(column)
                            + " rows, but column '" + columns.get(0).name + "' has " + rows);
                }
                requireFinite(column);
            }
            Checks.names("row", rowNames, rows);
            return new Covariates(rows, columns, rowNames);
        }

        private static int length(Column column) {
            return column.numbers == null ? column.texts.size() : column.numbers.length;
        }

        private void requireFinite(Column column) {
            for (int i = 0; column.numbers != null && i < column.numbers.length; i++) {
                if (!Double.isFinite(column.numbers[i])) {
                    throw new DataException("the covariate '" + column.name + "' in row " + Checks.label(i, rowNames)
                            + " is " + column.numbers[i] + "; it must be a finite number");
                }
            }
        }
    }
}
