package io.github.paenmf;

import io.github.paenmf.model.Warning;

/**
 * The objective is no longer a finite number; the message says which part of it, and in which epoch. A smaller learning rate,
 * or another seed, often helps.
 */
public final class TrainingDivergedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient ProbabilisticModel lastGoodModel;

    TrainingDivergedException(ProbabilisticModel lastGoodModel) {
        super(lastGoodModel.codedWarnings().stream()
                .filter(warning -> warning.code() == Warning.Code.DIVERGED)
                .map(Warning::text)
                .findFirst()
                .orElse("training diverged"));
        this.lastGoodModel = lastGoodModel;
    }

    /** The model with the last parameters whose objective was finite. */
    public ProbabilisticModel lastGoodModel() {
        return lastGoodModel;
    }
}
