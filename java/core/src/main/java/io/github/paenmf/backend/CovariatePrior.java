package io.github.paenmf.backend;

import io.github.paenmf.data.CodedCovariates;
import io.github.paenmf.data.Covariates;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FittedCovariates;
import io.github.paenmf.model.StateVisitor;
import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.decomposition.chol.CholeskyDecompositionInner_DDRM;
import org.ejml.dense.row.linsol.chol.LinearSolverChol_DDRM;

/**
 * What covariates x of a row make of the prior means of its coefficients: λ₀ᵢⱼ = exp(a_j + B_j·xᵢ), where exp(a_j) is that of
 * a row whose covariates are the mean. B is normal a priori, with a variance of 1
 * around 0, or in a fit that goes on around what it was: rows that are alike in a covariate say nothing of its effect.
 *
 * <p>What the bound has of a component is Σᵢ −pᵢ(a + B·xᵢ) − μᵢ·exp(−a − B·xᵢ) − |B|²/2, with p the inclusion and μ the mean of
 * each coefficient, zeros counted in: a gamma regression with logarithmic link. Its best a is ln(Σ μᵢ·exp(−B·xᵢ)/Σ pᵢ), and
 * with that put in place it is a concave function of B, which a Newton step of each update climbs.
 */
public final class CovariatePrior {

    /** Of B·x: what is more says that rows have nothing in common with those of the fit. */
    private static final double MOST_LOG = 18;

    private static final int MOST_HALVINGS = 20;
    /** Of the magnitude of what a step changes, the least that it must promise: more than the rounding of a sum. */
    private static final double LEAST_PROMISE = 1e-12;
    /** Of what the slope promises, the least that a step must bring. */
    private static final double LEAST_GAIN = 1e-4;

    private final CodedCovariates coded;
    private final int r;
    private final int q;
    private final int settings;
    /** B, r × q. */
    private final double[] effects;
    /** Its prior's mean. */
    private final double[] centre;
    /** B·x of each component and setting, r × settings. */
    private final double[] logRatio;
    /** exp(−B·x) of the same. */
    private final double[] inverseRatio;
    /** What the last update of each component has changed in the KL, r. */
    private final double[] change;

    /** Σ inclusion and Σ mean of each component over the rows of a setting, r × settings. */
    private final double[] inclusion;

    private final double[] mean;

    /** Of a B of 0. */
    public CovariatePrior(CodedCovariates coded, int rank) {
        this.coded = coded;
        this.r = rank;
        this.q = coded.columns();
        this.settings = coded.count();
        this.effects = new double[rank * q];
        this.centre = new double[rank * q];
        this.logRatio = new double[rank * settings];
        this.inverseRatio = new double[rank * settings];
        this.change = new double[rank];
        Arrays.fill(inverseRatio, 1);
        this.inclusion = new double[logRatio.length];
        this.mean = new double[logRatio.length];
    }

    /**
     * With a B.
     *
     * @param effects B, r × q
     */
    public CovariatePrior(CodedCovariates coded, double[] effects) {
        this(coded, effects.length / coded.columns());
        set(effects);
    }

    /**
     * Of some rows of a model.
     *
     * @param coding of the model's covariates
     * @param table of the rows
     * @param effects B, r × q
     * @return null where the model has no covariates
     * @throws DataException as {@link FittedCovariates#code} does
     */
    public static CovariatePrior of(FittedCovariates coding, Covariates table, double[] effects) {
        CodedCovariates coded = coding.code(table);
        return coded == null ? null : new CovariatePrior(coded, effects);
    }

    /** Begins with a B, r × q, around which it is a priori. */
    public void set(double[] newEffects) {
        System.arraycopy(newEffects, 0, effects, 0, effects.length);
        System.arraycopy(newEffects, 0, centre, 0, effects.length);
        logRatios();
    }

    private void logRatios() {
        for (int j = 0; j < r; j++) {
            ratios(effects, j * q, logRatio, inverseRatio, j * settings);
        }
    }

    /** B·x, within what rows can have in common with those of a fit. */
    public static double bounded(double logRatio) {
        return Math.max(-MOST_LOG, Math.min(MOST_LOG, logRatio));
    }

    private void ratios(double[] from, int offset, double[] logs, double[] inverses, int at) {
        for (int g = 0; g < settings; g++) {
            double sum = 0;
            for (int c = 0; c < q; c++) {
                sum += from[offset + c] * coded.value(g, c);
            }
            logs[at + g] = bounded(sum);
            inverses[at + g] = Math.exp(-logs[at + g]);
        }
    }

    /** B, r × q; the array itself, which must not be written to. */
    public double[] effects() {
        return effects;
    }

    /** Takes a visitor through B. */
    public void visit(StateVisitor visitor) {
        visitor.visit(effects);
        logRatios();
    }

    /** B·x of a component and row: ln λ₀ less that of a row whose covariates are the mean. */
    public double logRatio(int row, int component) {
        return logRatio[component * settings + coded.setting()[row]];
    }

    /** The same of a component and setting. */
    public double logRatioOf(int setting, int component) {
        return logRatio[component * settings + setting];
    }

    /** exp(−B·x) of a component and setting: 1/λ₀ over that of a row whose covariates are the mean. */
    public double inverseRatioOf(int setting, int component) {
        return inverseRatio[component * settings + setting];
    }

    /** Which setting a row has. */
    public int setting(int row) {
        return coded.setting()[row];
    }

    /**
     * λ₀ of each component of a row.
     *
     * @param baseMean those of a row whose covariates are the mean, r
     * @return r values
     */
    public double[] means(int row, double[] baseMean) {
        double[] means = new double[r];
        for (int j = 0; j < r; j++) {
            means[j] = baseMean[j] * Math.exp(logRatio(row, j));
        }
        return means;
    }

    /** Forgets what {@link #add} has added to a component. */
    public void clear(int component) {
        for (int e = component * settings; e < (component + 1) * settings; e++) {
            inclusion[e] = 0;
            mean[e] = 0;
        }
    }

    /** Adds what an update needs to know of a coefficient: its inclusion and its mean, zeros counted in. */
    public void add(int row, int component, double newInclusion, double newMean) {
        int at = component * settings + coded.setting()[row];
        inclusion[at] += newInclusion;
        mean[at] += newMean;
    }

    /**
     * Moves B of a component towards what is best for the coefficients that were added, by a Newton step, and a to what is
     * best for that B. Components may be updated at once.
     *
     * @param baseMean exp(a), r; that of the component is changed
     */
    public void update(int component, double[] baseMean) {
        change[component] = new Component(component).update(baseMean);
    }

    /** What the last updates of all components have changed in the KL of H, without that of B. */
    public double change() {
        return Arrays.stream(change).sum();
    }

    /** −ln of the prior of B, less its constant. */
    public double penalty() {
        return penalty(effects, 0, 0, effects.length);
    }

    private double penalty(double[] b, int offset, int from, int count) {
        double sum = 0;
        for (int c = 0; c < count; c++) {
            double apart = b[offset + c] - centre[from + c];
            sum += apart * apart / 2;
        }
        return sum;
    }

    /** The regression of one component. */
    private final class Component {

        private final int from;
        private final int j;
        private final double[] tried = new double[q];
        private final double[] triedRatio = new double[settings];
        private final double[] triedInverse = new double[settings];

        Component(int j) {
            this.j = j;
            this.from = j * settings;
        }

        double update(double[] baseMean) {
            double included = included();
            double total = total(inverseRatio, from);
            if (!(included > 0 && total > 0)) {
                return 0;
            }
            double before = included * Math.log(baseMean[j]) + linear(logRatio, from) + total / baseMean[j];
            step(included, total);
            total = total(inverseRatio, from);
            baseMean[j] = Math.max(VbPriors.LEAST_MEAN, total / included);
            return included * Math.log(baseMean[j]) + linear(logRatio, from) + total / baseMean[j] - before;
        }

        private double included() {
            double sum = 0;
            for (int g = 0; g < settings; g++) {
                sum += inclusion[from + g];
            }
            return sum;
        }

        /** Σ μ·exp(−B·x). */
        private double total(double[] inverses, int at) {
            double sum = 0;
            for (int g = 0; g < settings; g++) {
                sum += mean[from + g] * inverses[at + g];
            }
            return sum;
        }

        /** Σ p·B·x. */
        private double linear(double[] ratios, int at) {
            double sum = 0;
            for (int g = 0; g < settings; g++) {
                sum += inclusion[from + g] * ratios[at + g];
            }
            return sum;
        }

        /** What is to be least, with the best a in its place. */
        private double cost(double included, double total, double linear, double[] b, int offset) {
            return included * Math.log(total) + linear + penalty(b, offset, j * q, q);
        }

        /** A Newton step, shortened until it brings what it should; none where it would be lost in the rounding. */
        private void step(double included, double total) {
            double[] gradient = new double[q];
            double[] direction = new double[q];
            double[] curvature = new double[q * q];
            derivatives(included, total, gradient, curvature);
            LinearSolverChol_DDRM solver = new LinearSolverChol_DDRM(new CholeskyDecompositionInner_DDRM());
            if (!solver.setA(DMatrixRMaj.wrap(q, q, curvature))) {
                return; // not finite
            }
            solver.solve(DMatrixRMaj.wrap(q, 1, gradient.clone()), DMatrixRMaj.wrap(q, 1, direction));
            double slope = 0;
            for (int c = 0; c < q; c++) {
                slope -= gradient[c] * direction[c];
            }
            double linear = linear(logRatio, from);
            double before = cost(included, total, linear, effects, j * q);
            if (!(-slope > LEAST_PROMISE * (included + Math.abs(linear) + Math.abs(before)))) {
                return;
            }
            double length = 1;
            for (int halvings = 0; halvings < MOST_HALVINGS; halvings++, length /= 2) {
                for (int c = 0; c < q; c++) {
                    tried[c] = effects[j * q + c] - length * direction[c];
                }
                ratios(tried, 0, triedRatio, triedInverse, 0);
                double after = cost(included, total(triedInverse, 0), linear(triedRatio, 0), tried, 0);
                if (after < before + LEAST_GAIN * length * slope) {
                    System.arraycopy(tried, 0, effects, j * q, q);
                    System.arraycopy(triedRatio, 0, logRatio, from, settings);
                    System.arraycopy(triedInverse, 0, inverseRatio, from, settings);
                    return;
                }
            }
        }

        /** Of the cost: Σ p·x − Σp·E[x] + B less its prior's mean, and Σp·Cov(x) + I, with weights μ·exp(−B·x) of settings. */
        private void derivatives(double included, double total, double[] gradient, double[] curvature) {
            double[] x = coded.settings();
            double[] mean = new double[q];
            for (int g = 0; g < settings; g++) {
                double share = share(g, total);
                for (int c = 0; c < q; c++) {
                    mean[c] += share * x[g * q + c];
                    gradient[c] += inclusion[from + g] * x[g * q + c];
                }
            }
            double[] apart = new double[q];
            for (int g = 0; g < settings; g++) {
                double weight = included * share(g, total);
                for (int c = 0; c < q; c++) {
                    apart[c] = x[g * q + c] - mean[c];
                    double weighted = weight * apart[c];
                    for (int d = 0; d <= c; d++) {
                        curvature[c * q + d] += weighted * apart[d];
                    }
                }
            }
            for (int c = 0; c < q; c++) {
                gradient[c] += effects[j * q + c] - centre[j * q + c] - included * mean[c];
                curvature[c * q + c] += 1;
                for (int d = 0; d < c; d++) {
                    curvature[d * q + c] = curvature[c * q + d];
                }
            }
        }

        private double share(int g, double total) {
            return CovariatePrior.this.mean[from + g] * inverseRatio[from + g] / total;
        }
    }
}
