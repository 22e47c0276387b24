package io.github.paenmf.backend;

/** Arithmetic of the two large products of a training step, V·[Wλ | Wk | Wf] and Vᵀ·S, on CUDA. */
public enum Precision {
    /** float32 throughout. */
    FP32("FP32"),
    /** Factors rounded to 11 significant bits, on tensor cores; their products are added in float32. */
    TF32("TF32"),
    /**
     * Factors split in two of 11 significant bits each, three products on tensor cores, added in float32: as exact as
     * FP32, with other low-order bits. Sparse data have FP32 all the same.
     */
    TF32X3("3xTF32");

    private final String name;

    Precision(String name) {
        this.name = name;
    }

    /** As it is written. */
    @Override
    public String toString() {
        return name;
    }
}
