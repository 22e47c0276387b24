package io.github.paenmf.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * By the Vector API. Components are taken four vectors at a time, and what is left two and one at a time, so that sums
 * stay in registers.
 */
final class VectorSparseKernel implements SparseKernel {

    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = FLOATS.length();
    /** Lanes 8, 4, 2 and 1 further on: a sum over lanes by these has one order, which reduceLanes has not. */
    private static final VectorShuffle<Float> BY_8 = VectorShuffle.iota(FLOATS, 8, 1, true);

    private static final VectorShuffle<Float> BY_4 = VectorShuffle.iota(FLOATS, 4, 1, true);
    private static final VectorShuffle<Float> BY_2 = VectorShuffle.iota(FLOATS, 2, 1, true);
    private static final VectorShuffle<Float> BY_1 = VectorShuffle.iota(FLOATS, 1, 1, true);
    /** Entries that are decoded at once, where a vector has as many lanes. */
    private static final int TOGETHER = 4;

    private static final VectorMask<Float> UPPER_HALF = lanesWith(LANES / 2);
    private static final VectorMask<Float> ODD_QUARTERS = lanesWith(LANES / 4);
    private static final VectorShuffle<Float> OTHER_HALF = exchange(LANES / 2);
    private static final VectorShuffle<Float> OTHER_QUARTER = exchange(LANES / 4);
    private static final VectorShuffle<Float> OTHER_PAIR = exchange(2);
    private static final VectorShuffle<Float> OTHER_LANE = exchange(1);
    private static final VectorShuffle<Float> FIRST_OF_QUARTERS =
            VectorShuffle.fromOp(FLOATS, i -> i * (LANES / TOGETHER) % LANES);

    /** Lanes whose index has a bit. */
    private static VectorMask<Float> lanesWith(int bit) {
        boolean[] lanes = new boolean[LANES];
        for (int i = 0; i < LANES; i++) {
            lanes[i] = (i & bit) != 0;
        }
        return VectorMask.fromArray(FLOATS, lanes, 0);
    }

    /** Lanes that differ in that bit of their index. */
    private static VectorShuffle<Float> exchange(int bit) {
        return VectorShuffle.fromOp(FLOATS, i -> (i ^ bit) % LANES);
    }

    @Override
    public int alignment() {
        return LANES;
    }

    @Override
    public void project(int count, int[] columns, float[] values, float[] b, int ld, float[] p, int offset) {
        int from = 0;
        for (; from + 4 * LANES <= ld; from += 4 * LANES) {
            projectFour(count, columns, values, b, from, ld, p, offset + from);
        }
        if (from + 2 * LANES <= ld) {
            projectTwo(count, columns, values, b, from, ld, p, offset + from);
            from += 2 * LANES;
        }
        if (from < ld) {
            projectOne(count, columns, values, b, from, ld, p, offset + from);
        }
    }

    private static void projectFour(
            int count, int[] columns, float[] values, float[] b, int from, int ld, float[] p, int to) {
        FloatVector sum0 = FloatVector.zero(FLOATS);
        FloatVector sum1 = sum0;
        FloatVector sum2 = sum0;
        FloatVector sum3 = sum0;
        for (int l = 0; l < count; l++) {
            FloatVector value = FloatVector.broadcast(FLOATS, values[l]);
            int at = columns[l] * ld + from;
            sum0 = FloatVector.fromArray(FLOATS, b, at).fma(value, sum0);
            sum1 = FloatVector.fromArray(FLOATS, b, at + LANES).fma(value, sum1);
            sum2 = FloatVector.fromArray(FLOATS, b, at + 2 * LANES).fma(value, sum2);
            sum3 = FloatVector.fromArray(FLOATS, b, at + 3 * LANES).fma(value, sum3);
        }
        sum0.intoArray(p, to);
        sum1.intoArray(p, to + LANES);
        sum2.intoArray(p, to + 2 * LANES);
        sum3.intoArray(p, to + 3 * LANES);
    }

    /** Of every other nonzero in sums of their own: each sum is a chain, and two are too few to keep the units busy. */
    private static void projectTwo(
            int count, int[] columns, float[] values, float[] b, int from, int ld, float[] p, int to) {
        FloatVector even0 = FloatVector.zero(FLOATS);
        FloatVector even1 = even0;
        FloatVector odd0 = even0;
        FloatVector odd1 = even0;
        int l = 0;
        for (; l + 1 < count; l += 2) {
            FloatVector value = FloatVector.broadcast(FLOATS, values[l]);
            int at = columns[l] * ld + from;
            even0 = FloatVector.fromArray(FLOATS, b, at).fma(value, even0);
            even1 = FloatVector.fromArray(FLOATS, b, at + LANES).fma(value, even1);
            FloatVector next = FloatVector.broadcast(FLOATS, values[l + 1]);
            int beside = columns[l + 1] * ld + from;
            odd0 = FloatVector.fromArray(FLOATS, b, beside).fma(next, odd0);
            odd1 = FloatVector.fromArray(FLOATS, b, beside + LANES).fma(next, odd1);
        }
        if (l < count) {
            FloatVector value = FloatVector.broadcast(FLOATS, values[l]);
            int at = columns[l] * ld + from;
            even0 = FloatVector.fromArray(FLOATS, b, at).fma(value, even0);
            even1 = FloatVector.fromArray(FLOATS, b, at + LANES).fma(value, even1);
        }
        even0.add(odd0).intoArray(p, to);
        even1.add(odd1).intoArray(p, to + LANES);
    }

    private static void projectOne(
            int count, int[] columns, float[] values, float[] b, int from, int ld, float[] p, int to) {
        FloatVector even = FloatVector.zero(FLOATS);
        FloatVector odd = even;
        int l = 0;
        for (; l + 1 < count; l += 2) {
            even = FloatVector.fromArray(FLOATS, b, columns[l] * ld + from)
                    .fma(FloatVector.broadcast(FLOATS, values[l]), even);
            odd = FloatVector.fromArray(FLOATS, b, columns[l + 1] * ld + from)
                    .fma(FloatVector.broadcast(FLOATS, values[l + 1]), odd);
        }
        if (l < count) {
            even = FloatVector.fromArray(FLOATS, b, columns[l] * ld + from)
                    .fma(FloatVector.broadcast(FLOATS, values[l]), even);
        }
        even.add(odd).intoArray(p, to);
    }

    @Override
    public void decode(int count, int[] columns, float[] h, int offset, float[] b, int ld, float[] products) {
        int l = 0;
        if (LANES >= TOGETHER) {
            for (; l + LANES <= products.length && l + TOGETHER <= count; l += TOGETHER) {
                decodeFour(columns, l, h, offset, b, ld, products);
            }
        }
        for (; l < count; l++) {
            int at = columns[l] * ld;
            FloatVector sum = FloatVector.fromArray(FLOATS, h, offset).mul(FloatVector.fromArray(FLOATS, b, at));
            for (int j = LANES; j < ld; j += LANES) {
                sum = FloatVector.fromArray(FLOATS, h, offset + j).fma(FloatVector.fromArray(FLOATS, b, at + j), sum);
            }
            products[l] = sumOfLanes(sum);
        }
    }

    /** Four entries from index {@code l} on; what comes after them, as far as a vector goes, is overwritten, too. */
    private static void decodeFour(int[] columns, int l, float[] h, int offset, float[] b, int ld, float[] products) {
        int at0 = columns[l] * ld;
        int at1 = columns[l + 1] * ld;
        int at2 = columns[l + 2] * ld;
        int at3 = columns[l + 3] * ld;
        FloatVector x = FloatVector.fromArray(FLOATS, h, offset);
        FloatVector sum0 = x.mul(FloatVector.fromArray(FLOATS, b, at0));
        FloatVector sum1 = x.mul(FloatVector.fromArray(FLOATS, b, at1));
        FloatVector sum2 = x.mul(FloatVector.fromArray(FLOATS, b, at2));
        FloatVector sum3 = x.mul(FloatVector.fromArray(FLOATS, b, at3));
        for (int j = LANES; j < ld; j += LANES) {
            x = FloatVector.fromArray(FLOATS, h, offset + j);
            sum0 = x.fma(FloatVector.fromArray(FLOATS, b, at0 + j), sum0);
            sum1 = x.fma(FloatVector.fromArray(FLOATS, b, at1 + j), sum1);
            sum2 = x.fma(FloatVector.fromArray(FLOATS, b, at2 + j), sum2);
            sum3 = x.fma(FloatVector.fromArray(FLOATS, b, at3 + j), sum3);
        }
        sumsOfLanes(sum0, sum1, sum2, sum3).intoArray(products, l);
    }

    /**
     * {@link #sumOfLanes} of four vectors in the first four lanes, in the same order each: once two halves are added, two
     * vectors share one, and after quarters all four do.
     */
    private static FloatVector sumsOfLanes(FloatVector a, FloatVector b, FloatVector c, FloatVector d) {
        FloatVector ac = halves(a, c);
        FloatVector bd = halves(b, d);
        FloatVector sum =
                ac.blend(bd, ODD_QUARTERS).add(bd.blend(ac, ODD_QUARTERS).rearrange(OTHER_QUARTER));
        if (LANES > 8) {
            sum = sum.add(sum.rearrange(OTHER_PAIR));
        }
        if (LANES > 4) {
            sum = sum.add(sum.rearrange(OTHER_LANE)).rearrange(FIRST_OF_QUARTERS);
        }
        return sum;
    }

    /** Half a plus its other half, and then those of b. */
    private static FloatVector halves(FloatVector a, FloatVector b) {
        return a.blend(b, UPPER_HALF).add(b.blend(a, UPPER_HALF).rearrange(OTHER_HALF));
    }

    private static float sumOfLanes(FloatVector values) {
        FloatVector sum = values;
        if (LANES > 8) {
            sum = sum.add(sum.rearrange(BY_8));
        }
        if (LANES > 4) {
            sum = sum.add(sum.rearrange(BY_4));
        }
        if (LANES > 2) {
            sum = sum.add(sum.rearrange(BY_2));
        }
        return sum.add(sum.rearrange(BY_1)).lane(0);
    }

    @Override
    public void accumulate(int count, int[] columns, float[] values, float[] s, int offset, float[] q, int ld) {
        int from = 0;
        for (; from + 4 * LANES <= ld; from += 4 * LANES) {
            accumulateFour(count, columns, values, s, offset + from, q, from, ld);
        }
        if (from + 2 * LANES <= ld) {
            accumulateTwo(count, columns, values, s, offset + from, q, from, ld);
            from += 2 * LANES;
        }
        if (from < ld) {
            accumulateOne(count, columns, values, s, offset + from, q, from, ld);
        }
    }

    private static void accumulateFour(
            int count, int[] columns, float[] values, float[] s, int offset, float[] q, int from, int ld) {
        FloatVector s0 = FloatVector.fromArray(FLOATS, s, offset);
        FloatVector s1 = FloatVector.fromArray(FLOATS, s, offset + LANES);
        FloatVector s2 = FloatVector.fromArray(FLOATS, s, offset + 2 * LANES);
        FloatVector s3 = FloatVector.fromArray(FLOATS, s, offset + 3 * LANES);
        for (int l = 0; l < count; l++) {
            FloatVector value = FloatVector.broadcast(FLOATS, values[l]);
            int at = columns[l] * ld + from;
            add(s0, value, q, at);
            add(s1, value, q, at + LANES);
            add(s2, value, q, at + 2 * LANES);
            add(s3, value, q, at + 3 * LANES);
        }
    }

    private static void accumulateTwo(
            int count, int[] columns, float[] values, float[] s, int offset, float[] q, int from, int ld) {
        FloatVector s0 = FloatVector.fromArray(FLOATS, s, offset);
        FloatVector s1 = FloatVector.fromArray(FLOATS, s, offset + LANES);
        for (int l = 0; l < count; l++) {
            FloatVector value = FloatVector.broadcast(FLOATS, values[l]);
            int at = columns[l] * ld + from;
            add(s0, value, q, at);
            add(s1, value, q, at + LANES);
        }
    }

    private static void accumulateOne(
            int count, int[] columns, float[] values, float[] s, int offset, float[] q, int from, int ld) {
        FloatVector s0 = FloatVector.fromArray(FLOATS, s, offset);
        for (int l = 0; l < count; l++) {
            add(s0, FloatVector.broadcast(FLOATS, values[l]), q, columns[l] * ld + from);
        }
    }

    @Override
    public void accumulateColumn(int count, int[] rows, float[] values, float[] s, float[] q, int offset, int ld) {
        int from = 0;
        for (; from + 4 * LANES <= ld; from += 4 * LANES) {
            accumulateColumnFour(count, rows, values, s, from, q, offset + from, ld);
        }
        if (from + 2 * LANES <= ld) {
            accumulateColumnTwo(count, rows, values, s, from, q, offset + from, ld);
            from += 2 * LANES;
        }
        if (from < ld) {
            accumulateColumnOne(count, rows, values, s, from, q, offset + from, ld);
        }
    }

    private static void accumulateColumnFour(
            int count, int[] rows, float[] values, float[] s, int from, float[] q, int offset, int ld) {
        FloatVector sum0 = FloatVector.fromArray(FLOATS, q, offset);
        FloatVector sum1 = FloatVector.fromArray(FLOATS, q, offset + LANES);
        FloatVector sum2 = FloatVector.fromArray(FLOATS, q, offset + 2 * LANES);
        FloatVector sum3 = FloatVector.fromArray(FLOATS, q, offset + 3 * LANES);
        for (int l = 0; l < count; l++) {
            FloatVector value = FloatVector.broadcast(FLOATS, values[l]);
            int at = rows[l] * ld + from;
            sum0 = FloatVector.fromArray(FLOATS, s, at).fma(value, sum0);
            sum1 = FloatVector.fromArray(FLOATS, s, at + LANES).fma(value, sum1);
            sum2 = FloatVector.fromArray(FLOATS, s, at + 2 * LANES).fma(value, sum2);
            sum3 = FloatVector.fromArray(FLOATS, s, at + 3 * LANES).fma(value, sum3);
        }
        sum0.intoArray(q, offset);
        sum1.intoArray(q, offset + LANES);
        sum2.intoArray(q, offset + 2 * LANES);
        sum3.intoArray(q, offset + 3 * LANES);
    }

    private static void accumulateColumnTwo(
            int count, int[] rows, float[] values, float[] s, int from, float[] q, int offset, int ld) {
        FloatVector sum0 = FloatVector.fromArray(FLOATS, q, offset);
        FloatVector sum1 = FloatVector.fromArray(FLOATS, q, offset + LANES);
        for (int l = 0; l < count; l++) {
            FloatVector value = FloatVector.broadcast(FLOATS, values[l]);
            int at = rows[l] * ld + from;
            sum0 = FloatVector.fromArray(FLOATS, s, at).fma(value, sum0);
            sum1 = FloatVector.fromArray(FLOATS, s, at + LANES).fma(value, sum1);
        }
        sum0.intoArray(q, offset);
        sum1.intoArray(q, offset + LANES);
    }

    private static void accumulateColumnOne(
            int count, int[] rows, float[] values, float[] s, int from, float[] q, int offset, int ld) {
        FloatVector sum = FloatVector.fromArray(FLOATS, q, offset);
        for (int l = 0; l < count; l++) {
            sum = FloatVector.fromArray(FLOATS, s, rows[l] * ld + from)
                    .fma(FloatVector.broadcast(FLOATS, values[l]), sum);
        }
        sum.intoArray(q, offset);
    }

    private static void add(FloatVector s, FloatVector value, float[] q, int at) {
        s.fma(value, FloatVector.fromArray(FLOATS, q, at)).intoArray(q, at);
    }
}
