package io.github.paenmf.cli.experiment;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.Nmf;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.train.FitListener;
import java.util.Locale;

/** What is compared, each with its defaults. */
enum Method {
    PAE("PAE-NMF"),
    PAE_GD("PAE-NMF, gd"),
    VB("variational NMF"),
    AE("autoencoder"),
    NMF_MU("NMF, multiplicative"),
    NMF_HALS("NMF, HALS");

    /** What variational NMF needs, and makes unless told otherwise. */
    private static final int VB_EPOCHS = 200;

    private final String title;

    Method(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }

    /** As in a file: lower case, with hyphens. */
    String key() {
        return title.toLowerCase(Locale.ROOT).replaceAll("[^a-z]+", "-");
    }

    /** Passes over the data, or 0 where this is not to be tried. */
    int epochs(DataSet.Case c) {
        return switch (this) {
            case PAE_GD -> c.gdEpochs();
            case VB -> VB_EPOCHS;
            case PAE, AE, NMF_MU, NMF_HALS -> c.epochs();
        };
    }

    FactorisationModel fit(Matrix data, DataSet.Case c, long seed, Execution execution, FitListener listener) {
        return switch (this) {
            case PAE, PAE_GD, AE ->
                pae(c, seed, execution, listener)
                        .epochs(epochs(c))
                        .optimiser(this == PAE_GD ? Optimiser.GD : Optimiser.ADAM)
                        .trainOn(this == AE ? TrainOn.SCALE : TrainOn.SAMPLE)
                        .kl(this != AE)
                        .build()
                        .fit(data);
            case VB ->
                VariationalNmf.builder()
                        .rank(c.rank())
                        .epochs(epochs(c))
                        .seed(seed)
                        .execution(execution)
                        .listener(listener)
                        .build()
                        .fit(data);
            case NMF_MU, NMF_HALS ->
                Nmf.builder()
                        .rank(c.rank())
                        .algorithm(this == NMF_MU ? NmfAlgorithm.MU : NmfAlgorithm.HALS)
                        .init(NmfInit.RANDOM)
                        .epochs(epochs(c))
                        .seed(seed)
                        .execution(execution)
                        .listener(listener)
                        .build()
                        .fit(data);
        };
    }

    static PaeNmf.Builder pae(DataSet.Case c, long seed, Execution execution, FitListener listener) {
        return PaeNmf.builder()
                .rank(c.rank())
                .epochs(c.epochs())
                .seed(seed)
                .execution(execution)
                .listener(listener);
    }
}
