package io.github.paenmf.benchmarks;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Init;
import java.util.Arrays;

/** What PAE-NMF takes from exact inference, one by one and all together. */
enum EncoderVariant {
    DEFAULT("pae", false, false, 0),
    INIT_VB("pae-init-vb", true, false, 0),
    SIGMA_LEARN("pae-sigma-learn", false, true, 0),
    REFINE_2("pae-refine-2", false, false, 2),
    ALL("pae-all", true, true, 2);

    private final String method;
    private final boolean startsFromVb;
    private final boolean learnsSigma;
    private final int refinement;

    EncoderVariant(String method, boolean startsFromVb, boolean learnsSigma, int refinement) {
        this.method = method;
        this.startsFromVb = startsFromVb;
        this.learnsSigma = learnsSigma;
        this.refinement = refinement;
    }

    static EncoderVariant of(String method) {
        return Arrays.stream(values())
                .filter(variant -> variant.method.equals(method))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no variant " + method));
    }

    String method() {
        return method;
    }

    PaeNmfModel fit(Matrix data, int rank, int epochs, long seed) {
        PaeNmf.Builder builder = PaeNmf.builder()
                .rank(rank)
                .epochs(epochs)
                .seed(seed)
                .init(startsFromVb ? Init.VB : Init.RANDOM)
                .backend(Backends.Choice.CPU);
        if (learnsSigma) {
            builder.sigma(0);
        }
        return builder.build().fit(data).withRefinement(refinement);
    }
}
