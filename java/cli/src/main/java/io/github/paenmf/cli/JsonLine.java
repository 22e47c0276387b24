package io.github.paenmf.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Prints a result as one JSON object on one line, in ASCII: no locale can garble it. */
final class JsonLine {

    private JsonLine() {}

    /**
     * Prints an object.
     *
     * @param object nested maps, lists, texts, booleans and numbers; numbers that JSON does not have, NaN and infinity,
     *     become null
     */
    static void print(PrintWriter out, Map<String, ?> object) {
        JsonFactory ascii =
                JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();
        try {
            out.println(JSON.builder(ascii)
                    .enable(JSON.Feature.WRITE_NULL_PROPERTIES)
                    .build()
                    .asString(finite(object)));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // cannot happen: the target is a string
        }
        out.flush();
    }

    private static Object finite(Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> copy = new LinkedHashMap<>();
            map.forEach((key, entry) -> copy.put((String) key, finite(entry)));
            return copy;
        }
        if (value instanceof List<?> list) {
            return list.stream().map(JsonLine::finite).collect(Collectors.toList());
        }
        return value instanceof Double number && !Double.isFinite(number) ? null : value;
    }
}
