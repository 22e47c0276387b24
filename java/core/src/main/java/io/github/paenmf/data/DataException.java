package io.github.paenmf.data;

/**
 * Says that input data cannot be used: what is wrong, where (file, row, column; rows and columns
 * count from 1) and what to do about it. The message stands on its own, in one or two lines.
 */
public class DataException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    /**
     * @param message what is wrong, where, and what to do
     */
    public DataException(String message) {
        super(message);
    }

    /**
     * @param message what is wrong, where, and what to do
     * @param cause what was thrown underneath
     */
    public DataException(String message, Throwable cause) {
        super(message, cause);
    }
}
