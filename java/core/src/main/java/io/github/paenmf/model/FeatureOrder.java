package io.github.paenmf.model;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FeatureNamesException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Puts the columns of data into the order of a model's features, by their names. */
public final class FeatureOrder {

    private static final Logger LOG = System.getLogger(FeatureOrder.class.getName());

    private FeatureOrder() {}

    /**
     * Data with their columns in a model's order. Where the data or the model have no names, columns go by position.
     *
     * @param data n × columns
     * @return n × m: the same data if they are in order, else a copy
     * @throws FeatureNamesException if both have names and these are not the same, or a name occurs more than once and
     *     the order differs
     * @throws DataException if the data have another number of columns than the model has features
     */
    public static RowSource arrange(SavedModel model, RowSource data) {
        List<String> features = model.featureNames();
        List<String> columns = data.columnNames();
        boolean named = !features.isEmpty() && !columns.isEmpty();
        if (data.columns() != model.features()) {
            String hint = data.rows() == model.features() ? "; the data seem to be transposed" : "";
            throw new DataException("the data have " + data.columns() + " columns, but the model was fitted on "
                    + model.features() + " features" + (named ? ": " + difference(features, columns) : "") + hint);
        }
        if (!named || features.equals(columns)) {
            return data;
        }
        int[] order = order(features, columns);
        LOG.log(Level.DEBUG, "columns put in the order of the features of the model");
        return data.selectColumns(order);
    }

    /**
     * A factor with its rows in the order of data, by names; the same factor where it or the data have none.
     *
     * @param what which factor
     * @param factor as many rows as there are names, if there are any
     * @param of what of the data the names are of: column or row
     * @throws FeatureNamesException if both have names and these are not the same, or a name occurs more than once and
     *     the order differs
     */
    static Matrix arrangeRows(String what, Matrix factor, String of, List<String> names) {
        List<String> rows = factor.rowNames();
        if (rows.isEmpty() || names.isEmpty() || rows.equals(names)) {
            return factor;
        }
        int unexpected = firstWithout(rows, names);
        if (unexpected >= 0) {
            int missing = firstWithout(names, rows);
            throw new FeatureNamesException("row " + (unexpected + 1) + " of the given " + what + ", "
                    + quoted(rows.get(unexpected)) + ", has no " + of + " of the data, and " + of + " "
                    + (missing + 1) + ", " + quoted(names.get(missing)) + ", no row");
        }
        Map<String, Integer> places = new HashMap<>();
        for (int i = 0; i < rows.size(); i++) {
            places.put(rows.get(i), i);
        }
        if (places.size() < rows.size()) {
            throw new FeatureNamesException("the rows of the given " + what + " are not in the order of the " + of
                    + "s of the data, and cannot be put in it, since some have the same name");
        }
        return factor.selectRows(names.stream().mapToInt(places::get).toArray());
    }

    /** Of each feature, its column. */
    private static int[] order(List<String> features, List<String> columns) {
        Map<String, Integer> places = new HashMap<>();
        for (int j = 0; j < columns.size(); j++) {
            places.put(columns.get(j), j);
        }
        if (firstWithout(columns, features) >= 0) {
            throw new FeatureNamesException(
                    "the columns are not those that the model was fitted on: " + difference(features, columns));
        }
        if (places.size() < features.size()) {
            throw new FeatureNamesException("the columns are not in the order of the model's features, and cannot be"
                    + " put in it, since some have the same name: "
                    + firstChange(features, columns));
        }
        return features.stream().mapToInt(places::get).toArray();
    }

    private static String firstChange(List<String> features, List<String> columns) {
        int j = 0;
        while (features.get(j).equals(columns.get(j))) {
            j++;
        }
        return "column " + (j + 1) + " is " + quoted(columns.get(j)) + ", feature " + (j + 1) + " of the model "
                + quoted(features.get(j));
    }

    /** The first column without a feature of that name, and the first feature without a column. */
    private static String difference(List<String> features, List<String> columns) {
        int unexpected = firstWithout(columns, features);
        int missing = firstWithout(features, columns);
        String more = unexpected < 0
                ? ""
                : "column " + (unexpected + 1) + ", " + quoted(columns.get(unexpected)) + ", is "
                        + (features.contains(columns.get(unexpected))
                                ? "one more of that name than the model has"
                                : "not among the model's features");
        String fewer = missing < 0
                ? ""
                : "the model's feature " + (missing + 1) + ", " + quoted(features.get(missing)) + ", is missing";
        return more + (more.isEmpty() || fewer.isEmpty() ? "" : ", and ") + fewer;
    }

    /** Index of the first of some names that has no partner among others; −1 if all have. */
    private static int firstWithout(List<String> names, List<String> others) {
        Map<String, Integer> left = new HashMap<>();
        others.forEach(name -> left.merge(name, 1, Integer::sum));
        for (int j = 0; j < names.size(); j++) {
            if (left.merge(names.get(j), -1, Integer::sum) < 0) {
                return j;
            }
        }
        return -1;
    }

    /** A name in quotes; what does not show, such as a byte order mark, as its code. */
    private static String quoted(String name) {
        StringBuilder text = new StringBuilder("'");
        name.codePoints().forEach(c -> {
            int type = Character.getType(c);
            boolean shows = c == ' '
                    || !Character.isWhitespace(c)
                            && !Character.isSpaceChar(c)
                            && type != Character.CONTROL
                            && type != Character.FORMAT;
            if (shows) {
                text.appendCodePoint(c);
            } else {
                text.append(String.format(Locale.ROOT, "\\u%04x", c));
            }
        });
        return text.append('\'').toString();
    }
}
