package io.github.paenmf.backend.cpu;

/** Work space of one row block's heads; every array holds rows × r, without gaps. */
final class HeadBlock {

    /** Encoder outputs of the two heads, biases included. */
    final float[] aLambda;

    final float[] aK;
    /** ε in (0, 1). */
    final float[] noise;

    final float[] h;
    /** KL in nats. */
    final float[] kl;
    /** ∂h/∂aλ and ∂h/∂ak: 0 where the head is at a bound. */
    final float[] hByLambda;

    final float[] hByK;
    /** ∂KL/∂aλ and ∂KL/∂ak. */
    final float[] klByLambda;

    final float[] klByK;
    /** H·G. */
    final float[] hg;

    final int[] words = new int[4];

    HeadBlock(int rows, int rank) {
        int size = rows * rank;
        aLambda = new float[size];
        aK = new float[size];
        noise = new float[size];
        h = new float[size];
        kl = new float[size];
        hByLambda = new float[size];
        hByK = new float[size];
        klByLambda = new float[size];
        klByK = new float[size];
        hg = new float[size];
    }
}
