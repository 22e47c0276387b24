package io.github.paenmf.backend;

import io.github.paenmf.data.CodedCovariates;
import io.github.paenmf.data.Covariates;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FittedCovariates;
import io.github.paenmf.model.StateVisitor;
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
 * with that put in place it is a concave function of B, which Newton steps climb.
 */
public final class CovariatePrior {

    /** Of B·x: what is more says that rows have nothing in common with those of the fit. */
    private static final double MOST_LOG = 18;

    /** Newton steps of an update; the next begins where it ends. */
    private static final int STEPS = 3;

    private static final int MOST_HALVINGS = 20;
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
            logRatios(effects, j * q, logRatio, j * settings);
        }
    }

    private void logRatios(double[] from, int offset, double[] target, int at) {
        for (int g = 0; g < settings; g++) {
            double sum = 0;
            for (int c = 0; c < q; c++) {
                sum += from[offset + c] * coded.value(g, c);
            }
            target[at + g] = Math.max(-MOST_LOG, Math.min(MOST_LOG, sum));
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
     * Moves B towards what is best for the coefficients that were added, and a to what is best for that B.
     *
     * @param baseMean exp(a), r; changed
     * @return what it changes in the KL of H, without that of B
     */
    public double update(double[] baseMean) {
        double change = 0;
        for (int j = 0; j < r; j++) {
            change += new Component(j).update(baseMean);
        }
        return change;
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

        Component(int j) {
            this.j = j;
            this.from = j * settings;
        }

        double update(double[] baseMean) {
            double included = included();
            double total = total(logRatio, from);
            if (!(included > 0 && total > 0)) {
                return 0;
            }
            double before = included * Math.log(baseMean[j]) + linear(logRatio, from) + total / baseMean[j];
            for (int step = 0; step < STEPS && step(included); step++) {}
            total = total(logRatio, from);
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
        private double total(double[] ratios, int at) {
            double sum = 0;
            for (int g = 0; g < settings; g++) {
                sum += mean[from + g] * Math.exp(-ratios[at + g]);
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
        private double cost(double included, double[] b, int offset, double[] ratios, int at) {
            return included * Math.log(total(ratios, at)) + linear(ratios, at) + penalty(b, offset, j * q, q);
        }

        /**
         * A Newton step, shortened until it brings what it should.
         *
         * @return whether there was one
         */
        private boolean step(double included) {
            double[] gradient = new double[q];
            double[] direction = new double[q];
            double[] curvature = new double[q * q];
            derivatives(included, gradient, curvature);
            LinearSolverChol_DDRM solver = new LinearSolverChol_DDRM(new CholeskyDecompositionInner_DDRM());
            if (!solver.setA(DMatrixRMaj.wrap(q, q, curvature))) {
                return false; // not finite
            }
            solver.solve(DMatrixRMaj.wrap(q, 1, gradient.clone()), DMatrixRMaj.wrap(q, 1, direction));
            double slope = 0;
            for (int c = 0; c < q; c++) {
                slope -= gradient[c] * direction[c];
            }
            double before = cost(included, effects, j * q, logRatio, from);
            double length = 1;
            for (int halvings = 0; halvings < MOST_HALVINGS; halvings++, length /= 2) {
                for (int c = 0; c < q; c++) {
                    tried[c] = effects[j * q + c] - length * direction[c];
                }
                logRatios(tried, 0, triedRatio, 0);
                if (cost(included, tried, 0, triedRatio, 0) < before + LEAST_GAIN * length * slope) {
                    System.arraycopy(tried, 0, effects, j * q, q);
                    System.arraycopy(triedRatio, 0, logRatio, from, settings);
                    return true;
                }
            }
            return false; // what is left is less than the rounding
        }

        /** Of the cost: Σ p·x − Σp·E[x] + B less its prior's mean, and Σp·Cov(x) + I, with weights μ·exp(−B·x) of settings. */
        private void derivatives(double included, double[] gradient, double[] curvature) {
            double[] mean = new double[q];
            double total = total(logRatio, from);
            for (int g = 0; g < settings; g++) {
                double share = share(g, total);
                for (int c = 0; c < q; c++) {
                    mean[c] += share * coded.value(g, c);
                    gradient[c] += inclusion[from + g] * coded.value(g, c);
                }
            }
            for (int g = 0; g < settings; g++) {
                double weight = included * share(g, total);
                for (int c = 0; c < q; c++) {
                    double x = coded.value(g, c) - mean[c];
                    for (int d = 0; d < q; d++) {
                        curvature[c * q + d] += weight * x * (coded.value(g, d) - mean[d]);
                    }
                }
            }
            for (int c = 0; c < q; c++) {
                gradient[c] += effects[j * q + c] - centre[j * q + c] - included * mean[c];
                curvature[c * q + c] += 1;
            }
        }

        private double share(int g, double total) {
            return CovariatePrior.this.mean[from + g] * Math.exp(-logRatio[from + g]) / total;
        }
    }
}
