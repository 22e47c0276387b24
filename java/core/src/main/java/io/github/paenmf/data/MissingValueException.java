package io.github.paenmf.data;

/** Says that a value is missing (NaN) where missing values are not allowed. */
public final class MissingValueException extends DataException {

    private static final long serialVersionUID = 1L;

    private final String problem;

    /**
     * @param problem which value is missing, without what to do about it
     */
    MissingValueException(String problem) {
        super(problem + ", unless missing values are allowed (missing(true))");
        this.problem = problem;
    }

    /** What is wrong, without how to allow it: for a program with a way of its own. */
    public String problem() {
        return problem;
    }
}
