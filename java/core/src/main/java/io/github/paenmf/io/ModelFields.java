package io.github.paenmf.io;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Missing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The metadata of a model file or a checkpoint, or an object within them, by name and type; what is not so is damage. */
record ModelFields(Path file, Map<String, Object> values) {

    private static final String MISSING = "missing";

    /**
     * Takes a text of JSON apart.
     *
     * @param metadata null if there are none
     * @param what the file should be
     * @throws DataException if it is not that, having no such text
     */
    @SuppressWarnings("unchecked")
    static ModelFields of(Path file, NpyArray metadata, String what) {
        if (metadata == null || !metadata.isText()) {
            throw new DataException(file + " is not " + what + ": it has no metadata");
        }
        try {
            Object json = JSON.std.anyFrom(metadata.string());
            if (!(json instanceof Map)) {
                throw new DataException(file + " is not " + what + ": its metadata are no JSON object");
            }
            return new ModelFields(file, (Map<String, Object>) json);
        } catch (IOException e) {
            throw new DataException(file + " is not " + what + ": its metadata are not JSON", e);
        }
    }

    /** A constant of an enum as a model file has it: in lower case, with hyphens. */
    static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Adds what is taken for missing to a configuration; files without it are of complete data, as earlier ones are. */
    static void put(Missing missing, Map<String, Object> configuration) {
        if (missing != Missing.NONE) {
            configuration.put(MISSING, name(missing));
        }
    }

    /** What {@link #put} has added. */
    Missing missing() {
        return has(MISSING) ? choice(MISSING, Missing.class) : Missing.NONE;
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    /** An object within this one. */
    @SuppressWarnings("unchecked")
    ModelFields object(String name) {
        return new ModelFields(file, (Map<String, Object>) get(name, Map.class));
    }

    <T> T get(String name, Class<T> type) {
        Object value = values.get(name);
        if (!type.isInstance(value)) {
            throw new DataException(file + " is damaged: its metadata have no valid " + name);
        }
        return type.cast(value);
    }

    int integer(String name) {
        return integer(name, get(name, Number.class));
    }

    private int integer(String name, Number number) {
        if (number.longValue() != number.doubleValue() || number.intValue() != number.longValue()) {
            throw new DataException(file + " is damaged: " + name + " is " + number + ", not a whole number");
        }
        return number.intValue();
    }

    long longInteger(String name) {
        Number number = get(name, Number.class);
        if (!(number instanceof Integer || number instanceof Long)) {
            throw new DataException(file + " is damaged: " + name + " is " + number + ", not a whole number");
        }
        return number.longValue();
    }

    List<String> texts(String name) {
        return elements(name, String.class, "a text");
    }

    List<Integer> integers(String name) {
        return elements(name, Number.class, "a number").stream()
                .map(number -> integer(name, number))
                .toList();
    }

    List<Double> numbers(String name) {
        return elements(name, Number.class, "a number").stream()
                .map(Number::doubleValue)
                .toList();
    }

    /** The objects of a list. */
    @SuppressWarnings("unchecked")
    List<ModelFields> objects(String name) {
        return elements(name, Map.class, "an object").stream()
                .map(object -> new ModelFields(file, (Map<String, Object>) object))
                .toList();
    }

    private <T> List<T> elements(String name, Class<T> type, String kind) {
        List<T> elements = new ArrayList<>();
        for (Object element : get(name, List.class)) {
            if (!type.isInstance(element)) {
                throw new DataException(file + " is damaged: " + name + " contains " + element + ", not " + kind);
            }
            elements.add(type.cast(element));
        }
        return elements;
    }

    double number(String name) {
        return get(name, Number.class).doubleValue();
    }

    <E extends Enum<E>> E choice(String name, Class<E> type) {
        String value = get(name, String.class);
        for (E constant : type.getEnumConstants()) {
            if (name(constant).equals(value)) {
                return constant;
            }
        }
        throw new DataException(file + " is damaged: " + name + " is " + value);
    }
}
