package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Objective;
import io.github.paenmf.model.StateVisitor;

/**
 * How far a fit goes beyond where its updates lead: from x, what an update has made, the next one starts at x·(x/x
 * before)^β, with Nesterov's β = (k − 1)/(k + 2) after k updates. An update from there that raises the objective is undone:
 * the fit goes back to x, and begins anew with k = 0, as O'Donoghue and Candès 2015 (Adaptive restart for accelerated gradient
 * schemes) have it. Such a step has the objective of the one before, so that it never rises.
 */
final class Momentum {

    private int steps;
    private Objective last;

    /** Forgets all. */
    void reset() {
        steps = 0;
        last = null;
    }

    void visit(StateVisitor visitor) {
        steps = visitor.visit(steps);
        double reconstruction = visitor.visit(last == null ? 0 : last.reconstruction());
        double kl = visitor.visit(last == null ? 0 : last.kl());
        last = new Objective(reconstruction, kl);
    }

    /** Whether a step may stand, by its objective; one that starts where the last has ended always may. */
    boolean accepts(Objective objective) {
        return steps == 0 || objective.reconstruction() + objective.kl() <= last.reconstruction() + last.kl();
    }

    /** Takes a step; {@link #lead} is then for what it has made. */
    void accept(Objective objective) {
        last = objective;
        steps++;
    }

    /** Gives a step up. */
    void restart() {
        steps = 0;
    }

    /** That of the last step that was taken. */
    Objective last() {
        return last;
    }

    /** β of the last step that was taken. */
    float lead() {
        return lead(steps);
    }

    /** β of the step that is under way, if it is taken. */
    float nextLead() {
        return lead(steps + 1);
    }

    private static float lead(int steps) {
        return steps < 3 ? 0 : (steps - 2f) / (steps + 1f);
    }

    /**
     * now·(now/before)^β to first order, from the side from which it stays above 0, and at least half of {@code now}: what
     * comes near 0 too soon has no way back. 0 where {@code now} is.
     */
    static float beyond(float now, float before, float lead) {
        if (!(lead > 0 && now > 0 && before > 0)) {
            return now;
        }
        if (now < before) {
            return Math.max(0.5f * now, now / (1 + lead * (before / now - 1)));
        }
        float beyond = now * (1 + lead * (now / before - 1));
        return beyond < Float.MAX_VALUE ? beyond : now;
    }
}
