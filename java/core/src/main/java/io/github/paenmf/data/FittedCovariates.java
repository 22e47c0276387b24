package io.github.paenmf.data;

import io.github.paenmf.data.Covariates.Column;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How covariates become numbers, as learned of the training rows: a column of numbers is standardised; of a column of texts
 * each level becomes a column that is 1 where the text is that level, else 0, less the level's share of the training rows.
 * So every column of numbers has a mean of 0 over the training rows. Immutable.
 *
 * @param columns the covariates, in their order; empty where a model has none
 */
public record FittedCovariates(List<Coding> columns) {

    /** Of a model without covariates. */
    public static final FittedCovariates NONE = new FittedCovariates(List.of());

    /** A covariate of a model. */
    public sealed interface Coding permits Numbers, Levels {

        /** Of the column. */
        String name();

        /** How many columns of numbers it becomes. */
        int width();
    }

    /**
     * Of numbers, which become (x − mean)/deviation.
     *
     * @param mean over the training rows
     * @param deviation standard deviation over the training rows, above 0
     */
    public record Numbers(String name, double mean, double deviation) implements Coding {

        /** @throws IllegalArgumentException if a number is not finite, or the deviation not above 0 */
        public Numbers {
            if (!Double.isFinite(mean) || !(deviation > 0 && deviation < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(
                        "mean and deviation of the covariate '" + name + "' are " + mean + " and " + deviation);
            }
        }

        @Override
        public int width() {
            return 1;
        }
    }

    /**
     * Of texts.
     *
     * @param levels the texts of the training rows, in the order of their first rows; at least two
     * @param shares of the training rows, of each level
     */
    public record Levels(String name, List<String> levels, List<Double> shares) implements Coding {

        /** @throws IllegalArgumentException if there are not as many shares, or one is not in (0, 1) */
        public Levels {
            levels = List.copyOf(levels);
            shares = List.copyOf(shares);
            boolean valid = levels.size() >= 2
                    && shares.size() == levels.size()
                    && Set.copyOf(levels).size() == levels.size()
                    && shares.stream().allMatch(share -> share > 0 && share < 1);
            if (!valid) {
                throw new IllegalArgumentException(
                        "levels of the covariate '" + name + "' are " + levels + ", their shares " + shares);
            }
        }

        @Override
        public int width() {
            return levels.size();
        }
    }

    public FittedCovariates {
        columns = List.copyOf(columns);
    }

    /**
     * Learns the coding of a table.
     *
     * @param table of the training rows; or null, of data without
     * @throws DataException that names the column and row of a covariate that tells nothing: one that is the same in all
     *     rows, a text that is another one in each row, or numbers among texts
     */
    public static FittedCovariates of(Covariates table) {
        if (table == null) {
            return NONE;
        }
        return new FittedCovariates(
                table.columns().stream().map(column -> coding(column, table)).toList());
    }

    private static Coding coding(Column column, Covariates table) {
        return column.numbers() != null ? numbers(column, table) : levels(column, table);
    }

    private static Numbers numbers(Column column, Covariates table) {
        double[] values = column.numbers();
        double mean = 0;
        double squares = 0;
        for (int i = 0; i < values.length; i++) { // Welford's recurrence
            double difference = values[i] - mean;
            mean += difference / (i + 1);
            squares += difference * (values[i] - mean);
        }
        double deviation = Math.sqrt(squares / values.length);
        boolean constant = Arrays.stream(values).allMatch(value -> value == values[0]) || !(deviation > 0);
        if (constant) {
            throw constant(column.name(), String.valueOf(values[0]), table);
        }
        return new Numbers(column.name(), mean, deviation);
    }

    private static DataException constant(String name, String value, Covariates table) {
        return new DataException("the covariate '" + name + "' is " + value + " in all " + table.rows()
                + " rows, and so tells nothing of them; leave the column out");
    }

    private static Levels levels(Column column, Covariates table) {
        List<String> texts = column.texts();
        Map<String, Integer> counts = new HashMap<>();
        texts.forEach(text -> counts.merge(text, 1, Integer::sum));
        List<String> levels = List.copyOf(new LinkedHashSet<>(texts));
        if (levels.size() == 1) {
            throw constant(column.name(), "'" + levels.get(0) + "'", table);
        }
        if (levels.size() == texts.size()) {
            throw new DataException("the covariate '" + column.name() + "' is another text in each of the "
                    + texts.size() + " rows, and so tells nothing of other rows; leave the column out, or if these are"
                    + " names of rows, they are not those of the data");
        }
        return new Levels(
                column.name(),
                levels,
                levels.stream()
                        .map(level -> (double) counts.get(level) / texts.size())
                        .toList());
    }

    /** Whether there are no covariates. */
    public boolean isNone() {
        return columns.isEmpty();
    }

    /** How many columns of numbers there are. */
    public int width() {
        return columns.stream().mapToInt(Coding::width).sum();
    }

    /** Names of the covariates. */
    public List<String> names() {
        return columns.stream().map(Coding::name).toList();
    }

    /** Names of the columns of numbers: that of the covariate, and where it is of texts the level. */
    public List<String> codedNames() {
        List<String> names = new ArrayList<>();
        for (Coding coding : columns) {
            if (coding instanceof Levels levels) {
                levels.levels().forEach(level -> names.add(levels.name() + ": " + level));
            } else {
                names.add(coding.name());
            }
        }
        return names;
    }

    /**
     * Checks that data come with covariates where these are some, and without where these are none.
     *
     * @throws DataException if not
     */
    public void requireOf(RowSource data) {
        requireAlike(data.covariates());
    }

    /**
     * Checks that there is a table where these are some covariates, and none where these are none.
     *
     * @param table or null
     * @throws DataException if not
     */
    public void requireAlike(Covariates table) {
        if (table != null && isNone()) {
            throw new DataException("the data come with covariates, but the model was fitted without any");
        }
        if (table == null && !isNone()) {
            throw missing();
        }
    }

    private DataException missing() {
        return new DataException("the model was fitted with the covariates " + String.join(", ", names())
                + ": give those of these rows, too");
    }

    /**
     * Codes covariates of rows.
     *
     * @param table may have other columns, which do not matter; or null, of rows without
     * @return null where these are no covariates
     * @throws DataException if the rows have none, or that names the covariate that is missing, or row and column of what is no number, or no level
     *     of the training rows
     */
    public CodedCovariates code(Covariates table) {
        if (isNone()) {
            return null;
        }
        if (table == null) {
            throw missing();
        }
        int width = width();
        double[] values = new double[Math.multiplyExact(table.rows(), width)];
        int at = 0;
        for (Coding coding : columns) {
            Column column = table.column(coding.name());
            if (column == null) {
                throw new DataException("the covariate '" + coding.name() + "' is missing; there are "
                        + String.join(", ", table.columnNames()));
            }
            code(coding, column, table.rowNames(), values, at);
            at += coding.width();
        }
        return distinct(values, width);
    }

    private void code(Coding coding, Column column, List<String> rowNames, double[] values, int at) {
        int width = width();
        int rows = values.length / width;
        if (coding instanceof Numbers numbers) {
            if (column.numbers() == null) {
                throw new DataException(
                        "the covariate '" + numbers.name() + "' is texts, but in the model it is numbers");
            }
            for (int i = 0; i < rows; i++) {
                values[i * width + at] = (column.numbers()[i] - numbers.mean()) / numbers.deviation();
            }
            return;
        }
        Levels levels = (Levels) coding;
        if (column.texts() == null) {
            throw new DataException("the covariate '" + levels.name() + "' is numbers, but in the model it is texts");
        }
        for (int i = 0; i < rows; i++) {
            int level = levels.levels().indexOf(column.texts().get(i));
            if (level < 0) {
                throw new DataException("the covariate '" + levels.name() + "' in row " + Checks.label(i, rowNames)
                        + " is '" + column.texts().get(i) + "', which is none of the levels of the model: "
                        + shown(levels.levels()));
            }
            for (int l = 0; l < levels.width(); l++) {
                values[i * width + at + l] =
                        (l == level ? 1 : 0) - levels.shares().get(l);
            }
        }
    }

    private static String shown(List<String> levels) {
        int most = 10;
        return String.join(", ", levels.subList(0, Math.min(most, levels.size())))
                + (levels.size() > most ? ", …" : "");
    }

    private static CodedCovariates distinct(double[] values, int width) {
        int rows = values.length / width;
        Map<List<Double>, Integer> places = new HashMap<>();
        List<List<Double>> settings = new ArrayList<>();
        int[] setting = new int[rows];
        for (int i = 0; i < rows; i++) {
            List<Double> row =
                    Arrays.stream(values, i * width, (i + 1) * width).boxed().toList();
            Integer place = places.putIfAbsent(row, settings.size());
            setting[i] = place == null ? settings.size() : place;
            if (place == null) {
                settings.add(row);
            }
        }
        double[] distinct = settings.stream()
                .flatMap(List::stream)
                .mapToDouble(Double::doubleValue)
                .toArray();
        return new CodedCovariates(distinct, width, setting);
    }
}
