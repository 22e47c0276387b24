package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.DeviceException;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfInference;
import io.github.paenmf.backend.PaeInference;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.Penalties;
import io.github.paenmf.model.SavedModel;
import io.github.paenmf.model.Warning;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What is wrong with a fit that its losses do not show.
 *
 * @param deadComponents components, from 0, whose λ is at its floor for every sample or whose column of Wf is 0:
 *     they take no part in any reconstruction
 * @param lambdaFloorShare share of all λ that lie at their floor
 * @param shapeFloorShare share of all k that lie at their floor; 0 where k has no effect
 */
public record Diagnosis(List<Integer> deadComponents, double lambdaFloorShare, double shapeFloorShare) {

    private static final double FLOOR_SHARE = 0.5;

    /** Examines the latents λ, k (n × r) of data under a model. */
    public static Diagnosis of(FittedPae model, Matrix lambda, Matrix k) {
        PaeParameters p = model.parameters();
        int r = p.rank();
        float lambdaMin = (float) model.configuration().lambdaMin();
        float shapeMin = (float) model.configuration().shapeMin();
        boolean hasShape = model.algorithm().isProbabilistic();
        boolean[] alive = new boolean[r];
        long atLambda = 0;
        long atShape = 0;
        for (int i = 0; i < lambda.rows(); i++) {
            for (int j = 0; j < r; j++) {
                boolean off = lambda.get(i, j) <= lambdaMin;
                alive[j] |= !off;
                atLambda += off ? 1 : 0;
                atShape += hasShape && k.get(i, j) <= shapeMin ? 1 : 0;
            }
        }
        List<Integer> dead = new ArrayList<>();
        for (int j = 0; j < r; j++) {
            int component = j;
            if (!alive[j] || IntStream.range(0, p.features()).allMatch(i -> p.decoder(i, component) == 0)) {
                dead.add(j);
            }
        }
        return new Diagnosis(List.copyOf(dead), atLambda / (double) lambda.size(), atShape / (double) k.size());
    }

    /** Components, from 0, whose column of W (m × r) or of H (n × r) is 0, H being what was solved for. */
    public static List<Integer> deadComponents(Matrix w, Matrix h) {
        return IntStream.range(0, w.columns())
                .filter(j -> isZero(w, j) || isZero(h, j))
                .boxed()
                .toList();
    }

    private static boolean isZero(Matrix factor, int j) {
        return IntStream.range(0, factor.rows()).allMatch(i -> factor.get(i, j) == 0);
    }

    /** What to say of dead components. */
    static List<Warning> warnings(List<Integer> deadComponents) {
        if (deadComponents.isEmpty()) {
            return List.of();
        }
        String names = deadComponents.stream().map(SavedModel::componentName).collect(Collectors.joining(", "));
        return List.of(new Warning(
                Warning.Code.DEAD_COMPONENTS,
                "dead components, which take no part in any reconstruction: " + names
                        + ". Try a lower rank or another seed.",
                deadComponents));
    }

    /** What to say of a rank for n × m data. */
    static List<Warning> ofRank(int rank, int n, int m) {
        return rank <= Math.min(n, m)
                ? List.of()
                : List.of(new Warning(
                        Warning.Code.REDUNDANT_RANK,
                        "rank " + rank + " is above min(rows, columns) = " + Math.min(n, m)
                                + ": some components are redundant."));
    }

    /** What to say of penalties. */
    static List<Warning> ofPenalties(Penalties penalties) {
        if (!penalties.isOneSided()) {
            return List.of();
        }
        boolean basis = penalties.coefficients().isNone();
        return List.of(
                new Warning(
                        Warning.Code.ONE_SIDED_PENALTY,
                        basis
                                ? "only the basis has a penalty: the coefficients grow instead, and it does little. Penalise both."
                                : "only the coefficients have a penalty: the basis grows instead, and it does little. Penalise both."));
    }

    /** Adds what the fit's own data show to its warnings. A device that fails at this does not take the fit with it. */
    static FittedPae withWarnings(FittedPae model, RowSource data, Execution execution) {
        List<Warning> warnings = new ArrayList<>(model.warnings());
        try {
            warnings.addAll(of(model, data, execution).warnings());
            warnings.addAll(ofUnits(model, data, execution));
        } catch (DeviceException e) {
            warnings.add(notExamined(e));
        }
        return model.withWarnings(warnings);
    }

    /** The same of standard NMF: what is dead is judged by the coefficients that the model gives, as a score does. */
    static FittedNmf withWarnings(FittedNmf model, RowSource data, Execution execution) {
        List<Warning> warnings = new ArrayList<>(model.warnings());
        try (NmfInference inference = Backends.openInference(execution, model)) {
            Matrix h = Matrix.zeros(data.rows(), model.rank());
            inference.encode(data, h);
            warnings.addAll(warnings(deadComponents(model.w(), h)));
        } catch (DeviceException e) {
            warnings.add(notExamined(e));
        }
        return model.withWarnings(warnings);
    }

    /**
     * The same by the coefficients of the last epoch, n × r: those of the Kullback-Leibler divergence take long to solve
     * for, and what its updates have brought to 0 is 0 there too.
     */
    static FittedNmf withWarnings(FittedNmf model, Matrix h) {
        List<Warning> warnings = new ArrayList<>(model.warnings());
        warnings.addAll(warnings(deadComponents(model.w(), h)));
        return model.withWarnings(warnings);
    }

    private static Warning notExamined(DeviceException e) {
        return new Warning(Warning.Code.NOT_EXAMINED, "not examined for dead components: " + e.getMessage() + ".");
    }

    private static Diagnosis of(FittedPae model, RowSource data, Execution execution) {
        int r = model.parameters().rank();
        Matrix lambda = Matrix.zeros(data.rows(), r);
        Matrix k = Matrix.zeros(data.rows(), r);
        try (PaeInference inference = Backends.openInference(execution, model)) {
            inference.encode(data, lambda, k);
        }
        return of(model, lambda, k);
    }

    /** What to say of the units of hidden layers. */
    private static List<Warning> ofUnits(FittedPae model, RowSource data, Execution execution) {
        if (model.configuration().hidden().isEmpty()) {
            return List.of();
        }
        int[] dead = Backends.deadUnits(execution, model, data);
        return IntStream.range(0, dead.length)
                .filter(l -> dead[l] > 0)
                .mapToObj(l -> new Warning(
                        Warning.Code.DEAD_UNITS,
                        dead[l] + " of " + model.configuration().hidden().get(l) + " units of hidden layer " + (l + 1)
                                + " are 0 for every row: fewer would do as well."))
                .toList();
    }

    private List<Warning> warnings() {
        List<Warning> warnings = new ArrayList<>(warnings(deadComponents));
        if (lambdaFloorShare > FLOOR_SHARE) {
            warnings.add(new Warning(
                    Warning.Code.LAMBDA_AT_FLOOR,
                    String.format(
                            Locale.ROOT,
                            "%.0f %% of all lambda lie at their floor: most latents are off.",
                            100 * lambdaFloorShare)));
        }
        if (shapeFloorShare > FLOOR_SHARE) {
            warnings.add(new Warning(
                    Warning.Code.SHAPE_AT_FLOOR,
                    String.format(
                            Locale.ROOT,
                            "%.0f %% of all k lie at their floor: the latents are as wide as allowed.",
                            100 * shapeFloorShare)));
        }
        return warnings;
    }
}
