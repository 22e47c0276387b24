package io.github.paenmf.data;

/** What the values of a feature are divided by before a fit. */
public enum FeatureScale {
    /** Nothing. */
    NONE,
    /**
     * The standard deviation of its values in the training data, over all entries, zeros included, after size factors and
     * logarithm; 1 for a feature whose values are all the same.
     */
    SD
}
