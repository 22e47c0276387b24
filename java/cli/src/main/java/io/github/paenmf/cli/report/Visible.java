package io.github.paenmf.cli.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Text of data and names of files, where a character that does something rather than shows something is written as its
 * number: one that controls a terminal, or turns the order of what is read (Unicode's bidirectional embeddings, overrides
 * and isolates).
 */
public final class Visible {

    private static final Pattern DOING = Pattern.compile("[\\p{Cc}\\u202a-\\u202e\\u2066-\\u2069&&[^\\n\\r\\t]]");

    private Visible() {}

    /** The same with such characters as {@code \\u202e}; lines and tabs stay. */
    public static String of(String text) {
        return DOING.matcher(text)
                .replaceAll(
                        match -> String.format("\\\\u%04x", (int) match.group().charAt(0)));
    }

    /** The same of all texts in what JSON is made of. */
    static Object of(Object value) {
        if (value instanceof String text) {
            return of(text);
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> visible = new LinkedHashMap<>();
            map.forEach((key, each) -> visible.put(key, of(each)));
            return visible;
        }
        if (value instanceof List<?> list) {
            List<Object> visible = new ArrayList<>();
            list.forEach(each -> visible.add(of(each)));
            return visible;
        }
        return value;
    }
}
