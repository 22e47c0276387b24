package io.github.paenmf.data;

/** Says that the columns of data are named otherwise than the features of a model. */
public final class FeatureNamesException extends DataException {

    private static final long serialVersionUID = 1L;

    private final String problem;

    /**
     * @param problem the first column or feature that differs, without what to do about it
     */
    public FeatureNamesException(String problem) {
        super(problem + "; to go by position, leave the columns unnamed (Matrix.withNames)");
        this.problem = problem;
    }

    /** What is wrong, without what to do: for a program with a way of its own to go by position. */
    public String problem() {
        return problem;
    }
}
