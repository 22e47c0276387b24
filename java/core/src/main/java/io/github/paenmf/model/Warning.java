package io.github.paenmf.model;

import java.util.List;

/**
 * What the user should know about a fit.
 *
 * @param code what kind of thing it is, for programs
 * @param text one sentence or two, for people
 * @param components components, from 0, that it is about; often none
 */
public record Warning(Code code, String text, List<Integer> components) {

    /** Kinds of warnings. */
    public enum Code {
        /** The rank is above the smaller side of the data. */
        REDUNDANT_RANK,
        /** The objective still fell when training ended. */
        NOT_CONVERGED,
        /** The objective was no longer a finite number. */
        DIVERGED,
        /** Components take no part in any reconstruction. */
        DEAD_COMPONENTS,
        /** The device failed when dead components were looked for. */
        NOT_EXAMINED,
        /** Most λ lie at their floor. */
        LAMBDA_AT_FLOOR,
        /** Most k lie at their floor. */
        SHAPE_AT_FLOOR,
        /** Units of hidden layers are 0 for every row. */
        DEAD_UNITS,
        /** Values are not whole numbers where counts are expected. */
        NOT_COUNTS,
        /** One factor is penalised and the other is not. */
        ONE_SIDED_PENALTY,
        /** Given factors have zeros, which multiplicative updates never leave. */
        ZEROS_STAY,
        /** Zeros were to be learned, and training ended before any coefficient could be 0. */
        ZEROS_NOT_LEARNED,
        /** Intervals are less certain than asked for. */
        UNCERTAIN_INTERVALS,
        /** The rotation of the factors is most probably another than that of the fit. */
        ROTATED_ELSEWHERE,
        /** Anything else, such as what another release warned of. */
        OTHER
    }

    public Warning {
        components = List.copyOf(components);
    }

    /** One that is about the whole model. */
    public Warning(Code code, String text) {
        this(code, text, List.of());
    }
}
