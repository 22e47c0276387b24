package io.github.paenmf;

/** The objective is no longer a finite number; the message says which part of it, and in which epoch. */
public final class TrainingDivergedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient ProbabilisticModel lastGoodModel;

    TrainingDivergedException(ProbabilisticModel lastGoodModel) {
        super(lastGoodModel.warnings().stream()
                .filter(warning -> warning.startsWith("training diverged"))
                .findFirst()
                .orElse("training diverged"));
        this.lastGoodModel = lastGoodModel;
    }

    /** The model with the last parameters whose objective was finite. */
    public ProbabilisticModel lastGoodModel() {
        return lastGoodModel;
    }
}
