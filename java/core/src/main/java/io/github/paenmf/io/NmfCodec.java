package io.github.paenmf.io;

import static io.github.paenmf.io.ModelFields.name;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.NmfSums;
import io.github.paenmf.model.Normalisation;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.DoubleStream;

/**
 * Standard NMF, which has no arrays beside the basis, what of it was fixed and what updates go on from; which of its
 * algorithms is that of the file.
 */
final class NmfCodec implements ModelCodec<FittedNmf> {

    private static final String BETA = "beta";
    private static final String BATCH_ROWS = "batch_rows";
    private static final String NORMALISATION = "normalisation";
    /** Of a normalised basis. */
    private static final String COMPONENT_SCALES = "component_scales";

    private static final String FORGET_FACTOR = "forget_factor";
    /** What an update goes on from; of models that have it. */
    private static final String SUMS_NUMERATOR = "sums_numerator";

    private static final String SUMS_DENOMINATOR = "sums_denominator";
    private static final String SUMS_ROWS = "sums_rows";
    private static final String PREVIOUS_EPOCHS = "previous_epochs";

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
        if (c.batchRows() > 0) {
            configuration.put(BATCH_ROWS, c.batchRows());
        }
        if (c.forgetFactor() != NmfConfiguration.USUAL_FORGET_FACTOR) {
            configuration.put(FORGET_FACTOR, c.forgetFactor());
        }
        if (c.normalisation() != Normalisation.NONE) {
            configuration.put(NORMALISATION, name(c.normalisation()));
        }
        return configuration;
    }

    @Override
    public void addMetadata(FittedNmf model, Map<String, Object> metadata) {
        if (model.previousEpochs() > 0) {
            metadata.put(PREVIOUS_EPOCHS, model.previousEpochs());
        }
    }

    @Override
    public void writeArrays(FittedNmf model, NpzWriter npz) throws IOException {
        StoredFixedBasis.write(npz, model.fixedBasis());
        if (!model.scales().isEmpty()) {
            npz.write(
                    COMPONENT_SCALES,
                    model.scales().stream().mapToDouble(Double::doubleValue).toArray(),
                    model.rank());
        }
        NmfSums sums = model.sums();
        if (sums != null) {
            int r = model.rank();
            npz.write(SUMS_NUMERATOR, sums.numerators(), model.features(), r);
            npz.write(SUMS_DENOMINATOR, sums.denominators(), sums.denominators().length / r, r);
            npz.write(SUMS_ROWS, new double[] {sums.rows()}, 1);
        }
    }

    /** Null where a model has none, as in earlier files. */
    private static NmfSums sums(StoredModel stored, NmfConfiguration c, int m) {
        if (!stored.has(SUMS_NUMERATOR)) {
            return null;
        }
        return new NmfSums(
                stored.nonNegative(SUMS_NUMERATOR, m, c.rank()),
                stored.nonNegative(SUMS_DENOMINATOR, NmfSums.denominatorRows(c, m), c.rank()),
                stored.doubles(SUMS_ROWS, 0, Double.MAX_VALUE, 1)[0]);
    }

    /** None of files of bases that are as the fit left them. */
    private static List<Double> scales(StoredModel stored, int r) {
        return stored.has(COMPONENT_SCALES)
                ? DoubleStream.of(stored.doubles(COMPONENT_SCALES, 0, Double.MAX_VALUE, r))
                        .boxed()
                        .toList()
                : List.of();
    }

    @Override
    public FittedNmf read(StoredModel stored) {
        ModelFields f = stored.configuration();
        NmfAlgorithm algorithm = NmfAlgorithm.of(stored.algorithm());
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
                f.has(BETA) ? f.number(BETA) : NmfConfiguration.usualBeta(algorithm),
                f.has(BATCH_ROWS) ? f.integer(BATCH_ROWS) : 0,
                f.has(FORGET_FACTOR) ? f.number(FORGET_FACTOR) : NmfConfiguration.USUAL_FORGET_FACTOR,
                f.has(NORMALISATION) ? f.choice(NORMALISATION, Normalisation.class) : Normalisation.NONE);
        int m = stored.features(c.rank());
        Matrix w = Matrix.wrap(stored.nonNegative(ModelFile.BASIS, m, c.rank()), m, c.rank());
        return new FittedNmf(c, w, stored.dataScale(), stored.featureNames(), stored.history(), stored.warnings())
                .withScales(scales(stored, c.rank()))
                .withFixedBasis(StoredFixedBasis.read(stored, m))
                .withReplicates(StoredReplicates.read(stored, m, c.rank()))
                .withSums(
                        sums(stored, c, m),
                        stored.metadata().has(PREVIOUS_EPOCHS)
                                ? stored.metadata().integer(PREVIOUS_EPOCHS)
                                : 0);
    }
}
