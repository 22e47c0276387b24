package io.github.paenmf.cli.plot;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.NmfModel;

/** What a fit without distributions makes small, in words. */
public final class Divergence {

    private Divergence() {}

    /** What it is of the reconstruction, with its article. */
    public static String of(FactorisationModel model) {
        if (model instanceof NmfModel nmf && nmf.configuration().beta() != 2) {
            return nmf.configuration().beta() == 1
                    ? "the Kullback-Leibler divergence"
                    : nmf.configuration().divergence();
        }
        return "the squared error";
    }
}
