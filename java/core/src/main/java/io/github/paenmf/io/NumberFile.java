package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.ReadOptions.Presence;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One number for each row of data, or for each column: a text table of one column, with or without names before it, or
 * another format that {@link MatrixReader} reads. Where both have names the numbers are matched by them, else they go by
 * position.
 */
public final class NumberFile {

    private NumberFile() {}

    /**
     * Reads the numbers, whatever they are.
     *
     * @param input as for {@link MatrixReader#read(String)}
     * @param what a number is of: "row" or "column"
     * @param names of the rows or columns, or an empty list
     * @param count how many there are
     * @return one number each, in their order
     * @throws DataException if the file holds more than one column, not as many numbers where they go by position, or none
     *     for a name, or more than one; the message starts with the input
     * @throws IOException if the input cannot be read
     */
    public static double[] read(String input, String what, List<String> names, int count) throws IOException {
        Matrix numbers = column(input);
        boolean named = !numbers.rowNames().isEmpty() && !names.isEmpty();
        if (!named && numbers.rows() != count) {
            throw new DataException(input + ": there are " + numbers.rows() + " numbers for " + count + " " + what
                    + "s; one each is needed, or names on both sides");
        }
        Map<String, Integer> places = named ? places(input, numbers.rowNames()) : Map.of();
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            Integer place = named ? places.get(names.get(i)) : (Integer) i;
            if (place == null) {
                throw new DataException(
                        input + ": there is no number for " + what + " " + (i + 1) + " ('" + names.get(i) + "')");
            }
            values[i] = numbers.get(place, 0);
        }
        return values;
    }

    private static Matrix column(String input) throws IOException {
        Matrix numbers = MatrixReader.read(input);
        if (numbers.columns() == 2 && numbers.rowNames().isEmpty()) {
            numbers = namedByNumbers(input, numbers);
        }
        if (numbers.columns() != 1) {
            throw new DataException(input + ": the file has " + numbers.columns()
                    + " columns of numbers; one is needed, with or without names before it");
        }
        return numbers;
    }

    /** A text table whose first column holds names that look like numbers; else the table as it is. */
    private static Matrix namedByNumbers(String input, Matrix numbers) throws IOException {
        try {
            return MatrixReader.read(input, ReadOptions.defaults().withRowNames(Presence.YES));
        } catch (DataException notText) {
            return numbers;
        }
    }

    private static Map<String, Integer> places(String input, List<String> names) {
        Map<String, Integer> places = new HashMap<>();
        for (int i = 0; i < names.size(); i++) {
            Integer before = places.put(names.get(i), i);
            if (before != null) {
                throw new DataException(input + ": '" + names.get(i) + "' has two numbers, " + (before + 1) + " and "
                        + (i + 1) + " of the file");
            }
        }
        return places;
    }
}
