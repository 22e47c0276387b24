package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Bootstrap;
import io.github.paenmf.model.MatchedFits;
import io.github.paenmf.model.Replicates;
import io.github.paenmf.model.Resample;
import io.github.paenmf.model.Stability;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** What other fits say of a model's parts, in a model file: arrays, and an object of the metadata; none where there were none. */
final class StoredReplicates {

    private static final String STABILITY = "stability";
    private static final String OBJECTIVES = "restart_objectives";
    private static final String COSINES = "restart_cosines";
    private static final String CONSENSUS = "consensus";
    private static final String KEPT = "consensus_kept";
    private static final String BOOTSTRAP_COSINES = "bootstrap_cosines";
    private static final String BOOTSTRAP_ERRORS = "bootstrap_errors";

    private StoredReplicates() {}

    static void write(Replicates replicates, Map<String, Object> metadata) {
        Stability stability = replicates.stability();
        if (stability != null) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("restarts", stability.restarts());
            fields.put("resample", ModelFields.name(stability.resample()));
            fields.put("of_consensus", stability.ofConsensus());
            metadata.put(STABILITY, fields);
        }
    }

    static void write(Replicates replicates, NpzWriter npz) throws IOException {
        Stability stability = replicates.stability();
        if (stability != null) {
            npz.write(OBJECTIVES, stability.objectives(), stability.objectives().length);
            npz.write(COSINES, stability.matches().cosines());
            npz.write(CONSENSUS, stability.consensus());
            npz.write(KEPT, stability.kept(), stability.kept().length);
        }
        if (replicates.bootstrap() != null) {
            npz.write(BOOTSTRAP_COSINES, replicates.bootstrap().matches().cosines());
            npz.write(BOOTSTRAP_ERRORS, replicates.bootstrap().errors());
        }
    }

    /**
     * @throws DataException if something is missing or not what it must be
     * @throws IllegalArgumentException if shapes differ
     */
    static Replicates read(StoredModel stored, int features, int rank) {
        return new Replicates(stability(stored, features, rank), bootstrap(stored, features, rank));
    }

    private static Stability stability(StoredModel stored, int m, int r) {
        if (!stored.metadata().has(STABILITY)) {
            return null;
        }
        ModelFields fields = stored.metadata().object(STABILITY);
        MatchedFits matches = matches(stored, COSINES, r);
        boolean ofConsensus = fields.get("of_consensus", Boolean.class);
        Resample resample = fields.choice("resample", Resample.class);
        int made = matches.fits() + (ofConsensus || resample != Resample.NONE ? 0 : 1);
        return new Stability(
                fields.integer("restarts"),
                resample,
                stored.doubles(OBJECTIVES, -Double.MAX_VALUE, Double.MAX_VALUE, made),
                matches,
                Matrix.wrap(stored.nonNegative(CONSENSUS, m, r), m, r),
                stored.doubles(KEPT, 0, 1, r),
                ofConsensus);
    }

    private static Bootstrap bootstrap(StoredModel stored, int m, int r) {
        if (!stored.has(BOOTSTRAP_ERRORS)) {
            return null;
        }
        return new Bootstrap(
                matches(stored, BOOTSTRAP_COSINES, r), Matrix.wrap(stored.nonNegative(BOOTSTRAP_ERRORS, m, r), m, r));
    }

    /** Rounding to float may take a cosine beyond 1 by no more than its last bit. */
    private static MatchedFits matches(StoredModel stored, String name, int r) {
        int fits = stored.count(name, r);
        if (fits < 1) {
            throw new DataException(stored.file() + " is damaged: " + name + " is of no fit");
        }
        return new MatchedFits(Matrix.wrap(stored.within(name, 0, Math.nextUp(1f), fits, r), fits, r));
    }
}
