package io.github.paenmf;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PosteriorEncoder;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.train.Distillation;
import io.github.paenmf.train.VbTrainer;
import java.util.List;

/**
 * Whether a fit of variational NMF is to have an encoder of posteriors.
 *
 * @param hidden units of each hidden layer, none for as many as are usual; null without an encoder
 */
record WantedEncoder(List<Integer> hidden) {

    static final WantedEncoder NONE = new WantedEncoder(null);

    boolean isNone() {
        return hidden == null;
    }

    /** What is wanted, or else what a model has. */
    WantedEncoder orThatOf(FittedVb model) {
        PosteriorEncoder encoder = model.encoder();
        return hidden == null && encoder != null ? new WantedEncoder(encoder.units()) : this;
    }

    void requireOf(VbConfiguration configuration) {
        if (isNone()) {
            return;
        }
        PaeConfiguration.requireUnits(hidden);
        requireNone(
                configuration.isPoisson(),
                "with a Poisson likelihood, with which a posterior depends on all values of a row");
        requireNone(configuration.missing() != Missing.NONE, "where values may be missing: it reads whole rows");
    }

    /** Refuses an encoder where something is as it should not be. */
    void requireNone(boolean is, String where) {
        Setting.ENCODER.require("on", isNone() || !is, "off " + where);
    }

    /** The same fit with an encoder, if one is wanted and the fit has come to an end. */
    VbTrainer.Result addTo(VbTrainer.Result fit, boolean diverged, RowSource scaled, Execution execution) {
        return isNone() || diverged
                ? fit
                : new VbTrainer.Result(Distillation.of(fit.model(), scaled, hidden, execution), fit.backend());
    }
}
