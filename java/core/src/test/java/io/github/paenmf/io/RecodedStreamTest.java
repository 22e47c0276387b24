package io.github.paenmf.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecodedStreamTest {

    /** The stream takes 4096 characters at a time, and so a pair of surrogates lies across the end of the first. */
    private static final String TEXT = "a".repeat(4095) + "\uD83E\uDDEC, é, €, " + "\uD83E\uDDEC".repeat(4099);

    private static RecodedStream stream(String charset) {
        byte[] encoded = TEXT.getBytes(Charset.forName(charset));
        return new RecodedStream(new InputStreamReader(new ByteArrayInputStream(encoded), Charset.forName(charset)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16LE", "UTF-16BE"})
    void anotherCharsetBecomesUtf8(String charset) throws IOException {
        assertArrayEquals(TEXT.getBytes(StandardCharsets.UTF_8), stream(charset).readAllBytes());
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16LE", "UTF-16BE"})
    void bytesComeOneByOneToo(String charset) throws IOException {
        RecodedStream stream = stream(charset);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int b = stream.read(); b >= 0; b = stream.read()) {
            bytes.write(b);
        }
        assertArrayEquals(TEXT.getBytes(StandardCharsets.UTF_8), bytes.toByteArray());
        assertEquals(-1, stream.read());
    }
}
