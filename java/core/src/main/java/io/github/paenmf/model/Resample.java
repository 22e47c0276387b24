package io.github.paenmf.model;

/** Which rows each of several fits sees. */
public enum Resample {
    /** The data as they are. */
    NONE,
    /** As many rows as there are, drawn with replacement. */
    ROWS,
    /** Each row as often as a Poisson number of mean 1 says, by itself. */
    POISSON
}
