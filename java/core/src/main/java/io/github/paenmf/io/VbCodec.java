package io.github.paenmf.io;

import static io.github.paenmf.io.ModelFields.name;

import io.github.paenmf.data.DataException;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.BasisEstimates;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NoiseKind;
import io.github.paenmf.model.NoiseVariance;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbInit;
import io.github.paenmf.model.VbIntervals;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.model.Zeros;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Variational NMF, which has the variances and inclusion of the basis, and the priors. */
final class VbCodec implements ModelCodec<FittedVb> {

    private static final int NOISE_TERMS = 3;
    private static final String COEFFICIENT_MEAN = "coefficient_mean";

    @Override
    public Class<FittedVb> type() {
        return FittedVb.class;
    }

    @Override
    public Set<Algorithm> algorithms() {
        return Set.of(Algorithm.VB);
    }

    @Override
    public Map<String, Object> configuration(FittedVb model) {
        VbConfiguration c = model.configuration();
        Map<String, Object> configuration = new LinkedHashMap<>();
        configuration.put("rank", c.rank());
        configuration.put("epochs", c.epochs());
        configuration.put("batch_rows", c.batchRows());
        configuration.put("zeros", name(c.zeros()));
        configuration.put("sigma", c.sigma());
        configuration.put("init", name(c.init()));
        configuration.put("tolerance", c.tolerance());
        configuration.put("patience", c.patience());
        configuration.put("intervals", name(c.intervals()));
        configuration.put("noise", name(c.noise()));
        if (c.isPoisson()) { // files without it are of a Gaussian one, as those of earlier releases are
            configuration.put("likelihood", name(c.likelihood()));
        }
        ModelFields.put(c.missing(), configuration);
        configuration.put("seed", c.seed());
        StoredPenalties.put(c.penalties(), configuration);
        return configuration;
    }

    @Override
    public void addMetadata(FittedVb model, Map<String, Object> metadata) {
        metadata.put("previous_epochs", model.previousEpochs());
        metadata.put("squared_sigma", model.parameters().squaredSigma());
        metadata.put("zeros", model.parameters().zeros());
        VbIntervals intervals = model.intervals();
        metadata.put("intervals", name(intervals.method()));
        metadata.put("noise_kind", name(intervals.noiseKind()));
        metadata.put("intervals_complete", intervals.complete());
        metadata.put("effective_size", intervals.effectiveSize());
        metadata.put("live_components", Arrays.stream(intervals.live()).boxed().toList());
    }

    @Override
    public void writeArrays(FittedVb model, NpzWriter npz) throws IOException {
        VbParameters p = model.parameters();
        int m = p.features();
        int r = p.rank();
        npz.write("W_variance", p.variance(), m, r);
        npz.write("W_inclusion", p.inclusion(), m, r);
        npz.write("prior_mean", p.priorMean(), r);
        npz.write("prior_inclusion", p.priorInclusion(), r);
        npz.write("coefficient_inclusion", p.coefficientInclusion(), r);
        if (model.fixedComponents() > 0) { // else they are 1
            npz.write(COEFFICIENT_MEAN, p.coefficientMean(), r);
        }
        StoredFixedBasis.write(npz, model.fixedBasis());
        StoredEncoder.write(npz, model.encoder());
        StoredCovariates.write(npz, model.effects(), p.effects(), r);
        VbIntervals intervals = model.intervals();
        int l = intervals.live().length;
        int draws = l == 0 ? 0 : intervals.scales().length / l;
        npz.write("noise_variance", intervals.noise(), NOISE_TERMS);
        npz.write("W_projection", intervals.projection(), m, r);
        npz.write("coefficient_gram", intervals.gram(), r, r);
        write(npz, "W_variance_shares", intervals.shares(), m, l);
        write(npz, "rotation_mode", intervals.mode(), l, l);
        write(npz, "rotations", intervals.rotations(), draws, l, l);
        write(npz, "rotation_scales", intervals.scales(), draws, l);
        write(npz, "coefficient_blocks", intervals.coefficientBlocks(), r, r, r);
        write(npz, "basis_blocks", intervals.basisBlocks(), r, r, r);
        write(npz, "W_conditional_variance", intervals.basisVariances(), m, r);
        int pairs = l * (l + 1) / 2;
        BasisEstimates basis = intervals.basisEstimates();
        write(npz, "W_estimates", basis.estimates(), m, l);
        write(npz, "W_estimate_covariances", basis.covariances(), m, pairs);
        write(npz, "W_covariances", basis.posterior(), m, pairs);
    }

    /** Nothing where there is nothing. */
    private static void write(NpzWriter npz, String name, double[] values, int... shape) throws IOException {
        if (values.length > 0) {
            npz.write(name, values, shape);
        }
    }

    @Override
    public FittedVb read(StoredModel stored) {
        ModelFields f = stored.configuration();
        VbConfiguration c = new VbConfiguration(
                f.integer("rank"),
                f.integer("epochs"),
                f.integer("batch_rows"),
                f.choice("zeros", Zeros.class),
                f.number("sigma"),
                f.choice("init", VbInit.class),
                f.number("tolerance"),
                f.integer("patience"),
                f.choice("intervals", IntervalMethod.class),
                f.choice("noise", NoiseVariance.class),
                f.has("likelihood") ? f.choice("likelihood", Likelihood.class) : Likelihood.GAUSSIAN,
                f.missing(),
                f.longInteger("seed"),
                StoredPenalties.of(f));
        VbParameters parameters = parameters(stored, c.rank());
        return new FittedVb(
                        c,
                        parameters,
                        stored.dataScale(),
                        stored.featureNames(),
                        stored.history(),
                        stored.metadata().integer("previous_epochs"),
                        intervals(stored, c.rank()),
                        stored.warnings())
                .withFixedBasis(StoredFixedBasis.read(stored, parameters.features()))
                .withEncoder(StoredEncoder.read(stored, c.rank()))
                .withEffects(StoredCovariates.read(stored, c.rank()))
                .withReplicates(StoredReplicates.read(stored, parameters.features(), c.rank()));
    }

    private static VbParameters parameters(StoredModel stored, int r) {
        int m = stored.features(r);
        VbParameters p = new VbParameters(m, r);
        System.arraycopy(stored.nonNegative(ModelFile.BASIS, m, r), 0, p.mean(), 0, m * r);
        System.arraycopy(stored.nonNegative("W_variance", m, r), 0, p.variance(), 0, m * r);
        System.arraycopy(stored.within("W_inclusion", 0, 1, m, r), 0, p.inclusion(), 0, m * r);
        double least = Double.MIN_NORMAL;
        System.arraycopy(stored.doubles("prior_mean", least, Double.MAX_VALUE, r), 0, p.priorMean(), 0, r);
        double most = Math.nextDown(1.0);
        System.arraycopy(stored.doubles("prior_inclusion", least, most, r), 0, p.priorInclusion(), 0, r);
        System.arraycopy(stored.doubles("coefficient_inclusion", least, most, r), 0, p.coefficientInclusion(), 0, r);
        if (stored.has(COEFFICIENT_MEAN)) {
            double[] means = stored.doubles(COEFFICIENT_MEAN, least, Double.MAX_VALUE, r);
            System.arraycopy(means, 0, p.coefficientMean(), 0, r);
        }
        p.setEffects(StoredCovariates.effects(stored, r));
        p.setSquaredSigma(stored.squaredSigma());
        p.setZeros(stored.metadata().get("zeros", Boolean.class));
        return p;
    }

    private static VbIntervals intervals(StoredModel stored, int r) {
        int m = stored.features(r);
        ModelFields f = stored.metadata();
        int[] live = f.integers("live_components").stream()
                .mapToInt(Integer::intValue)
                .toArray();
        int l = live.length;
        for (int j = 0; j < l; j++) {
            if (live[j] < 0 || live[j] >= r || j > 0 && live[j] <= live[j - 1]) {
                throw new DataException(stored.file() + " is damaged: live_components contains " + live[j]);
            }
        }
        double most = Double.MAX_VALUE;
        int draws = l == 0 ? 0 : stored.count("rotation_scales", l);
        return new VbIntervals(
                f.choice("intervals", IntervalMethod.class),
                stored.doubles("noise_variance", 0, most, NOISE_TERMS),
                f.choice("noise_kind", NoiseKind.class),
                stored.doubles("W_projection", -most, most, m, r),
                stored.doubles("coefficient_gram", -most, most, r, r),
                optional(stored, "W_variance_shares", 0, m, l),
                live,
                optional(stored, "rotation_mode", -most, l, l),
                optional(stored, "rotations", -most, draws, l, l),
                optional(stored, "rotation_scales", Double.MIN_NORMAL, draws, l),
                f.number("effective_size"),
                optional(stored, "coefficient_blocks", -most, r, r, r),
                optional(stored, "basis_blocks", -most, r, r, r),
                optional(stored, "W_conditional_variance", Double.MIN_NORMAL, m, r),
                new BasisEstimates(
                        optional(stored, "W_estimates", -most, m, l),
                        optional(stored, "W_estimate_covariances", -most, m, l * (l + 1) / 2),
                        optional(stored, "W_covariances", -most, m, l * (l + 1) / 2)),
                f.get("intervals_complete", Boolean.class));
    }

    private static double[] optional(StoredModel stored, String name, double least, int... shape) {
        return stored.has(name) ? stored.doubles(name, least, Double.MAX_VALUE, shape) : new double[0];
    }
}
