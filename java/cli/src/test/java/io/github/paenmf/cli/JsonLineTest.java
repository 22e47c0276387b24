package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonLineTest {

    @Test
    void isOneLineOfAsciiWithoutNumbersThatJsonLacks() {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("text", "é\n\"");
        object.put("none", null);
        object.put("nan", Double.NaN);
        object.put("list", List.of(1, Double.POSITIVE_INFINITY, 0.5));
        object.put("map", Map.of("infinite", Double.NEGATIVE_INFINITY));
        StringWriter out = new StringWriter();

        JsonLine.print(new PrintWriter(out), object);

        assertEquals(
                "{\"text\":\"\\u00E9\\n\\\"\",\"none\":null,\"nan\":null,\"list\":[1,null,0.5],\"map\":{\"infinite\":null}}"
                        + System.lineSeparator(),
                out.toString());
    }
}
