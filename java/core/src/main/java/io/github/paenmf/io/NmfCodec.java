package io.github.paenmf.io;

import static io.github.paenmf.io.ModelFields.name;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfInit;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Standard NMF, which has no arrays beside the basis and what of it was fixed; which of its algorithms is that of the file. */
final class NmfCodec implements ModelCodec<FittedNmf> {

    private static final String BETA = "beta";

    @Override
    public Class<FittedNmf> type() {
        return FittedNmf.class;
    }

    @Override
    public Set<Algorithm> algorithms() {
        return Set.of(Algorithm.NMF_MU, Algorithm.NMF_HALS, Algorithm.NMF_KL);
    }

    @Override
    public Map<String, Object> configuration(FittedNmf model) {
        NmfConfiguration c = model.configuration();
        Map<String, Object> configuration = new LinkedHashMap<>();
        configuration.put("rank", c.rank());
        configuration.put("init", name(c.init()));
        configuration.put("epochs", c.epochs());
        configuration.put("tolerance", c.tolerance());
        configuration.put("patience", c.patience());
        ModelFields.put(c.missing(), configuration);
        configuration.put("seed", c.seed());
        StoredPenalties.put(c.penalties(), configuration);
        if (c.hasOtherBeta()) {
            configuration.put(BETA, c.beta());
        }
        return configuration;
    }

    @Override
    public void writeArrays(FittedNmf model, NpzWriter npz) throws IOException {
        StoredFixedBasis.write(npz, model.fixedBasis());
    }

    @Override
    public FittedNmf read(StoredModel stored) {
        ModelFields f = stored.configuration();
        NmfAlgorithm algorithm = switch (stored.algorithm()) {
            case NMF_MU -> NmfAlgorithm.MU;
            case NMF_KL -> NmfAlgorithm.KL;
            default -> NmfAlgorithm.HALS;
        };
        NmfConfiguration c = new NmfConfiguration(
                f.integer("rank"),
                algorithm,
                f.choice("init", NmfInit.class),
                f.integer("epochs"),
                f.number("tolerance"),
                f.integer("patience"),
                f.missing(),
                f.longInteger("seed"),
                StoredPenalties.of(f),
                f.has(BETA) ? f.number(BETA) : NmfConfiguration.usualBeta(algorithm));
        int m = stored.features(c.rank());
        Matrix w = Matrix.wrap(stored.nonNegative(ModelFile.BASIS, m, c.rank()), m, c.rank());
        return new FittedNmf(c, w, stored.dataScale(), stored.featureNames(), stored.history(), stored.warnings())
                .withFixedBasis(StoredFixedBasis.read(stored, m))
                .withReplicates(StoredReplicates.read(stored, m, c.rank()));
    }
}
