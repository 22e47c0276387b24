package io.github.paenmf.backend.cpu;

import io.github.paenmf.random.Philox;

/**
 * Work space of one row block's heads. Every array of floats but the last holds rank × stride values,
 * the rows of one component side by side; stride is the number of rows, padded to whole vectors.
 */
public final class HeadBlock {

    /** A multiple of every vector's length. */
    private static final int ALIGNMENT = 16;

    /** Rows whose part of P stays in the L1 cache while it is transposed; a divisor of every stride. */
    static final int TILE = 16;

    /** Elements that the kernels take at a time; a multiple of every vector's length. */
    static final int CHUNK = 512;

    /** Global index of each row; the noise goes by it. */
    public final int[] ids;

    /** The upper 32 bits of ids of 64 bits; null where all are 0. */
    int[] upperIds;

    /** Encoder outputs of the two heads, biases included. */
    public final float[] aLambda;

    public final float[] aK;
    /** C = V·Wf, in units of the scaled data. */
    final float[] c;
    /** ε in (0, 1). */
    final float[] noise;

    final float[] h;
    /** KL in nats. */
    public final float[] kl;
    /** ∂h/∂aλ and ∂h/∂ak: 0 where the head is at a bound. */
    final float[] hByLambda;

    final float[] hByK;
    /** ∂KL/∂aλ and ∂KL/∂ak. */
    final float[] klByLambda;

    final float[] klByK;
    /** H·G. */
    final float[] hg;

    /**
     * k₀ ln(λ₀/λ₀ᵢⱼ) where each row has a prior scale λ₀ᵢⱼ of its own, in place of which a forward pass puts (λ₀/λ₀ᵢⱼ)^k₀: then
     * the array of the KL lacks k₀ ln(λ₀ᵢⱼ/λ₀). Null where all have λ₀.
     */
    float[] inverseRatio;

    /** What the kernels pass on from loop to loop: 1/k, ln λ, w and ln w, (λ/λ₀)^k₀. */
    final float[] inverseK;

    final float[] logLambda;

    final float[] logW;
    final float[] ratio;
    /** Γ(w), and in the end (λ/λ₀ᵢⱼ)^k₀ Γ(k₀/k + 1), the mean of (h/λ₀ᵢⱼ)^k₀. */
    final float[] tail;

    /** Of each row, the words of one counter of the generator, before and after a round. */
    final int[] words;
    /** Parts of a chunk's logarithms and exponentials in plain loops, as floats and as their bits. */
    final float[] mantissa = new float[CHUNK];

    final float[] shifted = new float[CHUNK];
    final int[] bits = new int[CHUNK];
    final int[] exponents = new int[CHUNK];
    /** The values of one vector. */
    final float[] lanes = new float[ALIGNMENT];

    public HeadBlock(int rows, int rank) {
        int stride = stride(rows);
        int size = Math.multiplyExact(stride, rank);
        ids = new int[stride];
        words = new int[2 * Philox.WORDS * stride];
        aLambda = new float[size];
        aK = new float[size];
        c = new float[size];
        noise = new float[size];
        h = new float[size];
        kl = new float[size];
        hByLambda = new float[size];
        hByK = new float[size];
        klByLambda = new float[size];
        klByK = new float[size];
        hg = new float[size];
        inverseK = new float[size];
        logLambda = new float[size];
        logW = new float[size];
        ratio = new float[size];
        tail = new float[size];
    }

    /** Distance between components of a block with so many rows. */
    static int stride(int rows) {
        return (rows + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}
