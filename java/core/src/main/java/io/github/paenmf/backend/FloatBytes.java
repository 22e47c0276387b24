package io.github.paenmf.backend;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Arrays of floats as bytes, big-endian, many at once: one by one, they take longer than sums over some thousand rows. */
final class FloatBytes {

    private static final int CHUNK = 1 << 14;

    private FloatBytes() {}

    static void write(float[] values, DataOutput out) throws IOException {
        ByteBuffer chunk = chunk(values);
        for (int start = 0; start < values.length; start += CHUNK) {
            int count = Math.min(CHUNK, values.length - start);
            chunk.asFloatBuffer().put(values, start, count);
            out.write(chunk.array(), 0, Float.BYTES * count);
        }
    }

    static void read(DataInput in, float[] values) throws IOException {
        ByteBuffer chunk = chunk(values);
        for (int start = 0; start < values.length; start += CHUNK) {
            int count = Math.min(CHUNK, values.length - start);
            in.readFully(chunk.array(), 0, Float.BYTES * count);
            chunk.asFloatBuffer().get(values, start, count);
        }
    }

    private static ByteBuffer chunk(float[] values) {
        return ByteBuffer.allocate(Float.BYTES * Math.min(CHUNK, values.length));
    }
}
