package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Inference;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.FittedModel;
import io.github.paenmf.model.Parameters;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What is wrong with a fit that its losses do not show.
 *
 * @param deadComponents components that contribute nothing to any reconstruction, from 0
 * @param lambdaFloorShare share of all λ that lie at their floor
 * @param shapeFloorShare share of all k that lie at their floor
 */
public record Diagnosis(List<Integer> deadComponents, double lambdaFloorShare, double shapeFloorShare) {

    /** A component is dead if its median part in V̂ has less than this share of the squared norm. */
    private static final double DEAD_SHARE = 1e-6;

    private static final double FLOOR_SHARE = 0.5;

    /** Examines the latents λ, k (n × r) of data under a model. */
    public static Diagnosis of(FittedModel model, Matrix lambda, Matrix k) {
        Parameters p = model.parameters();
        int r = p.rank();
        float lambdaMin = (float) model.configuration().lambdaMin();
        float shapeMin = (float) model.configuration().shapeMin();
        double[] energy = new double[r];
        long atLambda = 0;
        long atShape = 0;
        double logLog2 = Math.log(Math.log(2));
        for (int i = 0; i < lambda.rows(); i++) {
            for (int j = 0; j < r; j++) {
                float l = lambda.get(i, j);
                float shape = k.get(i, j);
                double median = l * Math.exp(logLog2 / shape);
                energy[j] += median * median;
                atLambda += l <= lambdaMin ? 1 : 0;
                atShape += shape <= shapeMin ? 1 : 0;
            }
        }
        double total = 0;
        for (int j = 0; j < r; j++) {
            double norm = 0;
            for (int i = 0; i < p.features(); i++) {
                norm += (double) p.decoder(i, j) * p.decoder(i, j);
            }
            energy[j] *= norm;
            total += energy[j];
        }
        List<Integer> dead = new ArrayList<>();
        for (int j = 0; j < r; j++) {
            if (!(energy[j] > DEAD_SHARE * total)) {
                dead.add(j);
            }
        }
        return new Diagnosis(List.copyOf(dead), atLambda / (double) lambda.size(), atShape / (double) k.size());
    }

    /** Adds what the fit's own data show to its warnings. */
    static FittedModel withWarnings(FittedModel model, Matrix data, Execution execution) {
        int r = model.parameters().rank();
        Matrix lambda = Matrix.zeros(data.rows(), r);
        Matrix k = Matrix.zeros(data.rows(), r);
        try (Inference inference = Backends.openInference(model, execution.threads())) {
            inference.encode(data, lambda, k);
        }
        List<String> warnings = new ArrayList<>(model.warnings());
        warnings.addAll(of(model, lambda, k).warnings());
        return new FittedModel(
                model.configuration(),
                model.parameters(),
                model.dataScale(),
                model.featureNames(),
                model.history(),
                model.previousEpochs(),
                warnings);
    }

    private List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        if (!deadComponents.isEmpty()) {
            List<Integer> fromOne = deadComponents.stream().map(j -> j + 1).toList();
            warnings.add("dead components, which contribute nothing: " + fromOne + ". Try a lower rank or another seed.");
        }
        if (lambdaFloorShare > FLOOR_SHARE) {
            warnings.add(String.format(
                    Locale.ROOT, "%.0f %% of all lambda lie at their floor: most latents are off.", 100 * lambdaFloorShare));
        }
        if (shapeFloorShare > FLOOR_SHARE) {
            warnings.add(String.format(
                    Locale.ROOT,
                    "%.0f %% of all k lie at their floor: the latents are as wide as allowed.",
                    100 * shapeFloorShare));
        }
        return warnings;
    }
}
