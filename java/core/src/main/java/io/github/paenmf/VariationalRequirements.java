package io.github.paenmf;

import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Penalties;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.VbConfiguration;

/** What a {@link VariationalNmf} needs for some fits, beside what its configuration always needs. */
final class VariationalRequirements {

    private VariationalRequirements() {}

    /** Of intervals, where others cannot be made. */
    static void meanField(VbConfiguration configuration, String where) {
        IntervalMethod method = configuration.intervals();
        Setting.INTERVALS.require(
                method, method == IntervalMethod.AUTO || method == IntervalMethod.MEAN_FIELD, "mean-field " + where);
    }

    /** Of a fit with weights. */
    static void weightable(VbConfiguration configuration) {
        Setting.WEIGHTS.requireEffect(!configuration.isPoisson(), "with a Poisson likelihood");
        int rows = configuration.batchRows();
        Setting.BATCH_ROWS.require(rows, rows == 0, "0, all rows in a step, with weights");
        meanField(configuration, "with weights");
    }

    /** Of a fit with covariates. */
    static void covariable(VbConfiguration configuration, WantedEncoder wanted) {
        wanted.requireNone(true, "with covariates, which it does not read");
        Setting.COVARIATES.requireEffect(!configuration.isPoisson(), "with a Poisson likelihood");
        Setting.L1.require(
                configuration.penalties().coefficients().l1(),
                configuration.penalties().isNone(),
                "0 with covariates, which the prior is learned of");
        int rows = configuration.batchRows();
        Setting.BATCH_ROWS.require(rows, rows == 0, "0, all rows in a step, with covariates");
        IntervalMethod method = configuration.intervals();
        Setting.INTERVALS.require(
                method,
                method != IntervalMethod.ROTATION && method != IntervalMethod.SAMPLED,
                "auto, joint, conditional or mean-field with covariates: the rotation takes all rows to have one prior");
    }

    /**
     * Refuses what a fixed basis leaves nothing to do for.
     *
     * @param fixed how many components are known
     */
    static void learnable(IntervalMethod method, Penalties penalties, int fixed, int rank) {
        Setting.L1.require(
                penalties.coefficients().l1(),
                fixed == 0 || penalties.isNone(),
                "0 with a fixed basis, whose weights have no prior");
        boolean rotation = method == IntervalMethod.ROTATION || method == IntervalMethod.SAMPLED;
        Setting.INTERVALS.require(
                method,
                fixed == 0 || !rotation,
                "auto, joint, conditional or mean-field with a fixed basis, which cannot be turned");
        Setting.INTERVALS.require(
                method,
                fixed < rank || method != IntervalMethod.JOINT,
                "auto, conditional or mean-field where all components are fixed: the basis has no freedom");
    }
}
