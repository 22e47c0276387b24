package io.github.paenmf.cli;

import io.github.paenmf.cli.report.Visible;
import io.github.paenmf.data.Covariates;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.MissingValueException;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.io.CheckpointException;
import io.github.paenmf.io.CovariateFile;
import io.github.paenmf.io.NumberFile;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;

/**
 * Data and the name under which the user gave them.
 *
 * @param name what to say in front of whatever is wrong with the data
 * @param data n × m
 * @param format how they were read; empty where that is of no interest
 */
record Input(String name, RowSource data, String format) {

    private static final int NAMES_SHOWN = 3;

    Input(String name, RowSource data) {
        this(name, data, "");
    }

    /** The data where they are dense, else a dense copy of all of them. */
    Matrix matrix() {
        return Matrix.of(data);
    }

    /** Some rows. */
    Input rows(int[] indices) {
        return new Input(name, data.selectRows(indices));
    }

    /** The same with a size factor for each row, of a file. */
    Input withSizeFactors(String file) throws IOException {
        double[] factors = NumberFile.read(file, "row", data.rowNames(), data.rows());
        return new Input(name, naming(file, () -> SizeFactors.attach(data, factors)), format);
    }

    /** The same with covariates of each row, of a file. */
    Input withCovariates(String file) throws IOException {
        Covariates table = CovariateFile.read(file, data.rowNames());
        return new Input(name, naming(file, () -> Covariates.attach(data, table)), format);
    }

    /** What was read, in one line. */
    String summary() {
        return name + ": " + data.rows() + " rows × " + data.columns() + " columns (" + format + ")"
                + (data.columnNames().isEmpty() ? "" : "; columns " + shown(data.columnNames(), NAMES_SHOWN));
    }

    /** The first of some names. */
    static String shown(List<String> names, int most) {
        if (names.isEmpty()) {
            return "no names";
        }
        String first = String.join(", ", names.subList(0, Math.min(most, names.size())));
        return Visible.of(names.size() > most ? first + ", …" : first);
    }

    /** Something that may find fault with data. */
    interface Reading<T> {
        T read() throws IOException;
    }

    /** The name without the folder: for titles. */
    String shortName() {
        String bare = name.replaceAll("[/\\\\]+$", "");
        return bare.substring(Math.max(bare.lastIndexOf('/'), bare.lastIndexOf('\\')) + 1);
    }

    /** Computes something from the data; what is wrong with them is reported under their name. */
    <T> T use(Function<RowSource, T> computation) {
        try {
            return computation.apply(data);
        } catch (CheckpointException e) {
            throw e;
        } catch (MissingValueException e) {
            throw named(name, new DataException(e.problem() + "; --missing allow leaves it out", e));
        } catch (DataException e) {
            throw named(name, e);
        }
    }

    /** Reads something; what is wrong with it is reported under its name. */
    static <T> T naming(String name, Reading<T> reading) throws IOException {
        try {
            return reading.read();
        } catch (DataException e) {
            throw named(name, e);
        }
    }

    private static DataException named(String name, DataException e) {
        return e.getMessage().startsWith(name + ": ") ? e : new DataException(name + ": " + e.getMessage(), e);
    }
}
