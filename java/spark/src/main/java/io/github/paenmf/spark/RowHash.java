package io.github.paenmf.spark;

import org.apache.spark.ml.linalg.SparseVector;
import org.apache.spark.ml.linalg.Vector;

/** Tells rows apart by what they hold: an order of rows that does not depend on how they came. */
final class RowHash {

    private static final long GOLDEN = 0x9e3779b97f4a7c15L;

    private RowHash() {}

    /** Of the values as a fit takes them; a sparse vector has that of the dense one. Null has that of no values. */
    static long of(Vector vector) {
        long hash = 0;
        if (vector != null) {
            int[] indices = vector instanceof SparseVector sparse ? sparse.indices() : null;
            double[] values = vector instanceof SparseVector sparse ? sparse.values() : vector.toArray();
            for (int l = 0; l < values.length; l++) {
                hash = add(hash, indices == null ? l : indices[l], (float) values[l]);
            }
            hash = mix(hash + vector.size());
        }
        return hash;
    }

    /** Goes on with the next value of a row. */
    private static long add(long hash, int column, float value) {
        return value == 0 ? hash : mix(hash ^ ((long) column << 32 | Float.floatToIntBits(value) & 0xffffffffL));
    }

    /** A bijection of 64 bits each of which depends on all (Stafford's variant 13 of MurmurHash3's finaliser). */
    private static long mix(long hash) {
        long z = hash + GOLDEN;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
