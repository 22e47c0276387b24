package io.github.paenmf.io.hdf5;

import io.github.paenmf.data.DataException;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A list of names in a file. */
@FunctionalInterface
interface TextColumn {

    /** No names. */
    TextColumn NONE = (count, of) -> List.of();

    /**
     * Reads the names.
     *
     * @param count how many there should be
     * @param of for each of what, for the message
     * @return so many names, or none
     * @throws DataException if there are more or fewer, or one is missing
     */
    List<String> read(long count, String of);

    /**
     * A column of a table, as anndata writes it: a data set of text or numbers; a group of codes and categories, since
     * anndata makes one of each text column in which a value repeats; a data set of codes with an attribute that refers
     * to the categories (before anndata 0.8); or a group of values and a mask of those that are missing.
     */
    static TextColumn of(Hdf5Group table, String name) {
        if (table.hasGroup(name)) {
            Hdf5Group column = table.group(name);
            String encoding = column.text("encoding-type");
            if (column.has("codes") && column.has("categories")) {
                return (count, of) -> categorical(column.array("codes"), column.array("categories"), count, of);
            }
            if (column.has("values") && column.has("mask")) {
                return (count, of) -> {
                    float[] mask = column.array("mask").requireLength(count, of).floats(0, Math.toIntExact(count));
                    for (int i = 0; i < mask.length; i++) {
                        if (mask[i] != 0) {
                            throw missing(column.path(), i);
                        }
                    }
                    return texts(column.array("values"), count, of);
                };
            }
            throw new DataException(column.path() + " holds the names, but its encoding '" + Messages.shown(encoding)
                    + "' is not supported; write them as text");
        }
        Hdf5Array column = table.array(name);
        return column.attribute("categories") instanceof Long categories
                ? (count, of) ->
                        categorical(column, table.arrayAt(categories, "the categories of " + column.path()), count, of)
                : (count, of) -> texts(column, count, of);
    }

    /** A member of a table that is one data set, as anndata wrote it before 0.7. */
    static TextColumn member(Hdf5Array table, List<String> names) {
        return (count, of) -> {
            table.requireLength(count, of);
            Map<?, ?> members = (Map<?, ?>) table.everything();
            for (String name : names) {
                Object texts = members.get(name);
                if (texts != null) {
                    return texts(texts, table.path() + "[" + name + "]");
                }
            }
            return List.of();
        };
    }

    private static List<String> categorical(Hdf5Array codes, Hdf5Array categories, long count, String of) {
        long[] numbers = codes.requireLength(count, of).longs(0, Math.toIntExact(count));
        List<String> texts = texts(categories, categories.rank() == 1 ? categories.extent(0) : -1, "for each code");
        List<String> names = new ArrayList<>(numbers.length);
        for (int i = 0; i < numbers.length; i++) {
            if (numbers[i] == -1) {
                throw missing(codes.path(), i);
            }
            if (numbers[i] < 0 || numbers[i] >= texts.size()) {
                throw new DataException(codes.path() + " is " + numbers[i] + " at entry " + (i + 1) + ", but "
                        + categories.path() + " has " + texts.size() + " entries; the file is damaged");
            }
            names.add(texts.get((int) numbers[i]));
        }
        return names;
    }

    private static DataException missing(String path, int entry) {
        return new DataException(path + " holds the names, but entry " + (entry + 1) + " is missing; name it");
    }

    private static List<String> texts(Hdf5Array column, long count, String of) {
        column.requireLength(count, of);
        return count == 0 ? List.of() : texts(column.everything(), column.path());
    }

    private static List<String> texts(Object array, String path) {
        Class<?> type = array.getClass().getComponentType();
        if (type == null || type.isArray() || type == Object.class) {
            throw new DataException(path + " should hold names, but is no list of text or numbers");
        }
        List<String> texts = new ArrayList<>(Array.getLength(array));
        for (int i = 0; i < Array.getLength(array); i++) {
            Object text = Array.get(array, i);
            texts.add(text == null ? "" : text.toString());
        }
        return texts;
    }
}
