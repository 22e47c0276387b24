package io.github.paenmf.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the bytes that the JDK writes one by one. */
class FloatBytesTest {

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 16_383, 16_384, 16_385, 40_000})
    void areThoseOfOneValueAfterTheOther(int size) throws IOException {
        float[] values = new float[size];
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(expected);
        for (int i = 0; i < size; i++) {
            values[i] = i % 7 == 0 ? -0f : i % 7 == 1 ? Float.NEGATIVE_INFINITY : i * 1e-40f;
            out.writeFloat(values[i]);
        }
        out.writeInt(size);
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        DataOutputStream target = new DataOutputStream(written);
        FloatBytes.write(values, target);
        target.writeInt(size);
        assertArrayEquals(expected.toByteArray(), written.toByteArray());

        float[] read = new float[size];
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(written.toByteArray()));
        FloatBytes.read(in, read);
        assertArrayEquals(values, read);
        assertEquals(size, in.readInt());
    }
}
