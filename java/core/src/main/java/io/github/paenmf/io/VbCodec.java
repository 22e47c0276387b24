package io.github.paenmf.io;

import static io.github.paenmf.io.ModelFields.name;

import io.github.paenmf.data.DataException;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbInit;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.model.Zeros;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Variational NMF, which has the variances and inclusion of the basis, and the priors. */
final class VbCodec implements ModelCodec<FittedVb> {

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
        configuration.put("seed", c.seed());
        return configuration;
    }

    @Override
    public void addMetadata(FittedVb model, Map<String, Object> metadata) {
        metadata.put("previous_epochs", model.previousEpochs());
        metadata.put("squared_sigma", model.parameters().squaredSigma());
        metadata.put("zeros", model.parameters().zeros());
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
                f.longInteger("seed"));
        return new FittedVb(
                c,
                parameters(stored, c.rank()),
                stored.dataScale(),
                stored.featureNames(),
                stored.history(),
                stored.metadata().integer("previous_epochs"),
                stored.warnings());
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
        double squaredSigma = stored.metadata().number("squared_sigma");
        if (!(squaredSigma > 0 && squaredSigma < Double.POSITIVE_INFINITY)) {
            throw new DataException(stored.file() + " is damaged: squared_sigma is " + squaredSigma);
        }
        p.setSquaredSigma(squaredSigma);
        p.setZeros(stored.metadata().get("zeros", Boolean.class));
        return p;
    }
}
