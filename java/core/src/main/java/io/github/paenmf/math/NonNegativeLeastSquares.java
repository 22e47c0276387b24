package io.github.paenmf.math;

import java.util.Arrays;

/**
 * argmin ½‖v − W·x‖² + l1·Σx with x ≥ 0, exactly: the active set method of Lawson and Hanson 1974 (Solving least squares
 * problems, chapter 23) on the normal equations. Unknowns that may be above 0 are passive; the others are 0. Passive
 * ones are found in double, and then once more with solutions that are refined until their gradient is 0 to some 30
 * digits, so that a solution is right to 1e-6 of its greatest value for W of condition 1e6 (1e12 of WᵀW). Where no
 * column depends on others, block principal pivoting finds the first passive ones, which takes fewer solutions (Kim and
 * Park 2011, Fast nonnegative matrix factorization: an active-set-like method and comparisons, algorithm 2).
 *
 * <p>A column of W that lies within {@code sqrt(}{@link PassiveSet#pivotMin}{@code )}, about 1e-7 to 6e-7, of its
 * length from the span of the passive ones counts as dependent on them and keeps 0: then many solutions are as good,
 * and of equal columns the first is used; with l1 it takes the place of one of them where that makes the sum less. A column
 * of 0 has 0.
 *
 * <p>The answer depends on W, v and l1 alone, to the bit. Not thread-safe, since it holds scratch space.
 */
public final class NonNegativeLeastSquares {

    /** Shorter columns are unused: coefficients beyond float's range would be needed for them. */
    private static final double SQUARED_LENGTH_MIN = 1e-60;
    /** A gradient below this share of the greatest is rounding, in double and with refined solutions. */
    private static final double GRADIENT_ULPS = 4 * 0x1p-53;

    private static final double REFINED_GRADIENT = 1e-20;
    /** A step of refinement, or what a refined value explains, below this share of the greatest is rounding. */
    private static final double REFINED_STEP = 1e-20;

    private static final int MAX_REFINEMENTS = 20;
    /** For each unknown; no passive set comes twice in exact arithmetic, and a few for each are the rule. */
    private static final int MOVES = 10;
    /** Exchanges in a row that leave no fewer unknowns in the wrong set than one before; then the active set method begins. */
    private static final int VAIN_EXCHANGES = 3;

    private final NormalEquations equations;
    private final double l1;
    private final int unknowns;
    private final PassiveSet passive;
    /** All unknowns, fewer where columns depend on others or are unused. */
    private final PassiveSet all;
    /** Lengths of the columns of W; 0 where they are unused. */
    private final double[] lengths;
    /** c = Wᵀv − l1, the gradient c − G·x, the solution x and that of the passive unknowns alone, with their low parts. */
    private final double[] c;

    private final double[] cLow;
    private final double[] gradient;
    private final double[] gradientLow;
    private final double[] x;
    private final double[] xLow;
    private final double[] s;
    private final double[] sLow;
    private final double[] step;
    private final boolean[] rejected;
    private final boolean[] chosen;
    private boolean refined;
    /** What the gradient of a dependent column may be by its distance from the others, for a length of 1. */
    private double dependentGradient;

    /** With l1 = 0. */
    public NonNegativeLeastSquares(NormalEquations equations) {
        this(equations, 0);
    }

    /**
     * @param l1 finite and at least 0
     */
    public NonNegativeLeastSquares(NormalEquations equations, double l1) {
        this.equations = equations;
        this.l1 = l1;
        this.unknowns = equations.unknowns();
        this.passive = new PassiveSet(equations);
        this.all = new PassiveSet(equations);
        this.lengths = new double[unknowns];
        for (int j = 0; j < unknowns; j++) {
            double squares = equations.gram(j)[j];
            lengths[j] = squares < SQUARED_LENGTH_MIN ? 0 : Math.sqrt(squares);
        }
        this.c = new double[unknowns];
        this.cLow = new double[unknowns];
        this.gradient = new double[unknowns];
        this.gradientLow = new double[unknowns];
        this.x = new double[unknowns];
        this.xLow = new double[unknowns];
        this.s = new double[unknowns];
        this.sLow = new double[unknowns];
        this.step = new double[unknowns];
        this.rejected = new boolean[unknowns];
        this.chosen = new boolean[unknowns];
        for (int j = 0; j < unknowns; j++) {
            chosen[j] = lengths[j] > 0;
        }
        all.set(chosen);
    }

    /**
     * Solves for one v.
     *
     * @param values holds v, m finite values from {@code offset} on
     * @return x, r values, valid until the next call
     * @throws ArithmeticException if what was found does not fulfil the conditions of Karush, Kuhn and Tucker
     */
    public double[] solve(float[] values, int offset) {
        double norm = Math.sqrt(equations.rightSide(values, offset, c, cLow));
        dependentGradient = 2 * Math.sqrt(PassiveSet.pivotMin(unknowns)) * norm;
        for (int j = 0; j < unknowns && l1 > 0; j++) {
            cLow[j] += NormalEquations.rounding(c[j], -l1);
            c[j] -= l1;
        }
        refined = false;
        double greatest = 0;
        for (int j = 0; j < unknowns; j++) {
            greatest = Math.max(greatest, lengths[j] == 0 ? 0 : c[j] / lengths[j]);
        }
        Arrays.fill(x, 0.0);
        Arrays.fill(xLow, 0.0);
        if (greatest == 0) {
            return x;
        }
        double gradientMin = unknowns * GRADIENT_ULPS * greatest;
        if (!exchange(gradientMin)) {
            passive.clear();
            computeGradient(x, xLow);
            descend(gradientMin);
        }
        refined = true;
        moveToSolution(-1);
        computeGradient(x, xLow);
        descend(REFINED_GRADIENT * greatest);
        requireSolution(norm);
        return x;
    }

    /**
     * Starts from the unknowns that are above 0 in the solution without bounds. Then all unknowns that are in the wrong set
     * change sets: passive ones that fall below 0, and others whose gradient is steeper than the least.
     *
     * @return whether no unknown was in the wrong set at the end: x is a solution then, in double
     */
    private boolean exchange(double gradientMin) {
        if (all.size() < unknowns) {
            return false;
        }
        System.arraycopy(c, 0, step, 0, unknowns);
        all.solve(step);
        for (int j = 0; j < unknowns; j++) {
            chosen[j] = step[j] > 0;
        }
        int fewest = unknowns + 1;
        for (int vain = 0; vain < VAIN_EXCHANGES; ) {
            if (!passive.set(chosen)) {
                return false;
            }
            computePassiveSolution();
            computeGradient(s, sLow);
            int wrong = 0;
            for (int j = 0; j < unknowns; j++) {
                boolean isWrong = chosen[j] ? !(s[j] > 0) : gradient[j] > gradientMin * lengths[j];
                chosen[j] ^= isWrong;
                wrong += isWrong ? 1 : 0;
            }
            if (wrong == 0) {
                for (int i = 0; i < passive.size(); i++) {
                    x[passive.member(i)] = s[passive.member(i)];
                }
                return true;
            }
            vain = wrong < fewest ? 0 : vain + 1;
            fewest = Math.min(fewest, wrong);
        }
        return false;
    }

    /** Makes unknowns passive, the one whose gradient is steepest first, until none would lower the error. */
    private void descend(double gradientMin) {
        Arrays.fill(rejected, false);
        for (int moves = 0; moves < MOVES * unknowns; ) {
            int steepest = steepest(gradientMin);
            if (steepest < 0) {
                return;
            }
            if (passive.add(steepest) ? moveToSolution(steepest) : replace(steepest)) {
                Arrays.fill(rejected, false);
                computeGradient(x, xLow);
                moves++;
            } else {
                rejected[steepest] = true; // its column is dependent, or its gradient was rounding
            }
        }
    }

    /**
     * Columns on which another depends may explain the same with a greater sum of coefficients: puts it in the place of the
     * first of them that falls to 0 on the way.
     *
     * @return whether x moved; false where the gradient is no more than its distance from the others accounts for
     */
    private boolean replace(int dependent) {
        if (!(gradient[dependent] > dependentGradient * lengths[dependent])) {
            return false;
        }
        int size = passive.size();
        for (int i = 0; i < size; i++) {
            step[i] = equations.gram(dependent)[passive.member(i)];
        }
        passive.solve(step);
        int first = -1;
        double most = Double.POSITIVE_INFINITY;
        for (int i = 0; i < size; i++) {
            if (step[i] > 0 && x[passive.member(i)] / step[i] < most) {
                most = x[passive.member(i)] / step[i];
                first = i;
            }
        }
        if (first < 0) {
            return false;
        }
        for (int i = 0; i < size; i++) {
            int j = passive.member(i);
            x[j] = i == first ? 0 : Math.max(0, x[j] - most * step[i]);
            xLow[j] = 0;
        }
        passive.remove(first);
        boolean added = passive.add(dependent);
        x[dependent] = added ? most : 0;
        moveToSolution(-1);
        computeGradient(x, xLow);
        return added;
    }

    private int steepest(double gradientMin) {
        int steepest = -1;
        double greatest = gradientMin;
        for (int j = 0; j < unknowns; j++) {
            if (lengths[j] > 0 && !passive.contains(j) && !rejected[j] && gradient[j] / lengths[j] > greatest) {
                greatest = gradient[j] / lengths[j];
                steepest = j;
            }
        }
        return steepest;
    }

    /**
     * Moves x towards the solution of the passive unknowns; one that would fall below 0 on the way stays at 0 and is
     * passive no more.
     *
     * @param added the unknown that became passive last, or -1
     * @return whether x moved; false if the added unknown would fall below 0 at once, and is passive no more
     */
    private boolean moveToSolution(int added) {
        for (boolean first = true; ; first = false) {
            computePassiveSolution();
            int last = passive.size() - 1;
            if (first && added >= 0 && !(s[added] > 0)) {
                passive.remove(last);
                return false;
            }
            double share = 1;
            for (int i = 0; i <= last; i++) {
                int j = passive.member(i);
                if (!(s[j] > 0)) {
                    share = Math.min(share, shareToZero(j));
                }
            }
            boolean removed = false;
            for (int i = last; i >= 0; i--) {
                int j = passive.member(i);
                if (!(s[j] > 0) && shareToZero(j) <= share) {
                    x[j] = 0;
                    xLow[j] = 0;
                    passive.remove(i);
                    removed = true;
                } else {
                    x[j] += share * (s[j] - x[j]);
                }
            }
            if (!removed) {
                for (int i = 0; i <= last; i++) {
                    int j = passive.member(i);
                    x[j] = s[j];
                    xLow[j] = sLow[j];
                }
                return true;
            }
        }
    }

    /** The share of the way from x to s ≤ 0 at which an unknown becomes 0. */
    private double shareToZero(int unknown) {
        return x[unknown] == 0 ? 0 : x[unknown] / (x[unknown] - s[unknown]);
    }

    /** s = argmin ‖v − W·s‖² where only passive unknowns differ from 0. */
    private void computePassiveSolution() {
        int size = passive.size();
        for (int i = 0; i < size; i++) {
            step[i] = c[passive.member(i)];
            sLow[passive.member(i)] = 0;
        }
        passive.solve(step);
        double greatest = 0;
        for (int i = 0; i < size; i++) {
            s[passive.member(i)] = step[i];
            greatest = Math.max(greatest, Math.abs(step[i]));
        }
        if (refined) {
            refine(greatest);
            dropRounding();
        }
    }

    /** Makes values 0 that are rounding: what they explain of v is next to nothing beside what others do. */
    private void dropRounding() {
        int size = passive.size();
        double greatest = 0;
        for (int i = 0; i < size; i++) {
            int j = passive.member(i);
            greatest = Math.max(greatest, Math.abs(s[j]) * lengths[j]);
        }
        for (int i = 0; i < size; i++) {
            int j = passive.member(i);
            if (Math.abs(s[j]) * lengths[j] <= REFINED_STEP * greatest) {
                s[j] = 0;
                sLow[j] = 0;
            }
        }
    }

    /** Adds solutions for what is left of the gradient until that is rounding. */
    private void refine(double greatest) {
        int size = passive.size();
        double before = greatest;
        for (int count = 0; count < MAX_REFINEMENTS; count++) {
            computeGradient(s, sLow);
            double change = 0;
            for (int i = 0; i < size; i++) {
                step[i] = gradient[passive.member(i)];
            }
            passive.solve(step);
            for (int i = 0; i < size; i++) {
                change = Math.max(change, Math.abs(step[i]));
            }
            if (!(change < before / 2)) {
                return; // no longer converging
            }
            before = change;
            for (int i = 0; i < size; i++) {
                int j = passive.member(i);
                double sum = s[j] + (sLow[j] + step[i]);
                sLow[j] = (s[j] - sum) + (sLow[j] + step[i]);
                s[j] = sum;
            }
            if (change * (change / greatest) <= REFINED_STEP * greatest) {
                return; // the next step would be as much smaller again
            }
        }
    }

    /** c − G·y, where y is 0 except for passive unknowns. */
    private void computeGradient(double[] y, double[] yLow) {
        System.arraycopy(c, 0, gradient, 0, unknowns);
        if (refined) {
            System.arraycopy(cLow, 0, gradientLow, 0, unknowns);
        }
        for (int i = 0; i < passive.size(); i++) {
            int j = passive.member(i);
            if (refined) {
                equations.subtractRow(j, y[j], yLow[j], gradient, gradientLow);
            } else {
                subtractMultiple(gradient, y[j], equations.gram(j));
            }
        }
        for (int j = 0; refined && j < unknowns; j++) {
            gradient[j] += gradientLow[j];
        }
    }

    private static void subtractMultiple(double[] from, double times, double[] x) {
        for (int j = 0; j < x.length; j++) {
            from[j] -= times * x[j];
        }
    }

    /**
     * Karush, Kuhn and Tucker: the gradient is 0 where x > 0, and at most 0 where x = 0; there, that of a dependent
     * column may reach its distance from the others times the norm of the residual.
     */
    private void requireSolution(double norm) {
        for (int j = 0; j < unknowns; j++) {
            double slope = lengths[j] == 0 ? 0 : gradient[j] / lengths[j];
            if (!(slope <= dependentGradient && (x[j] == 0 || slope >= -dependentGradient))) {
                throw new ArithmeticException("non-negative least squares did not end at a minimum: at unknown "
                        + (j + 1) + " of " + unknowns + " the gradient is " + slope + " for a norm of " + norm);
            }
        }
    }
}
