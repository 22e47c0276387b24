package io.github.paenmf.backend;

/** What makes the matrix products on the CPU. They differ in speed, and in low-order bits. */
public enum Blas {
    /** This library's own kernels. */
    JAVA,
    /** The pure-Java kernels of dev.ludovic.netlib. */
    NETLIB,
    /** The system's BLAS library, through dev.ludovic.netlib. */
    NATIVE
}
