package io.github.paenmf.cli.report;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.NoiseKind;
import java.util.Locale;

/** Sentences on how intervals were made, and what they mean. */
final class IntervalWords {

    private IntervalWords() {}

    /** A probability as a percentage, to two decimals at most. */
    static String percent(double level) {
        String digits = String.format(Locale.ROOT, "%.2f", 100 * level).replaceAll("\\.?0+$", "");
        return digits + "\u00a0%";
    }

    /**
     * How a model's intervals are made; nothing for one whose coefficients are numbers.
     *
     * @param level probability of an interval, in (0, 1)
     */
    static String of(FactorisationModel model, double level) {
        if (model instanceof VariationalModel variational) {
            return (variational.intervalMethod() == IntervalMethod.MEAN_FIELD
                            ? ofMeanField(variational, level)
                            : ofMethod(variational, level))
                    + known(variational);
        }
        return model.algorithm().isProbabilistic()
                ? "Intervals of the coefficients hold " + percent(level) + " of each one's own distribution, as the"
                        + " encoder makes it (mean-field): they are too narrow where components trade off. The parts"
                        + " have no intervals."
                : "";
    }

    private static String known(VariationalModel model) {
        int known = model.fixedComponents();
        if (known == 0) {
            return "";
        }
        return known == model.rank()
                ? " The weights of all components were given and are taken for known: they have no intervals."
                : " The weights of the first " + (known == 1 ? "component" : known + " components")
                        + " were given and are taken for known: they have no intervals.";
    }

    /** What the intervals of a bootstrap are; nothing where there are none. */
    static String ofBootstrap(FactorisationModel model, double level) {
        return model.bootstrap()
                .map(bootstrap -> " The bootstrap's " + percent(level) + " intervals say how the parts would differ had"
                        + " other samples been drawn, whether or not the model holds: they are of "
                        + bootstrap.matches().fits() + " fits of samples drawn anew that went on from this one. Where"
                        + " several fits are about as good, they tell of the one that was found.")
                .orElse("");
    }

    private static String ofMethod(VariationalModel model, double level) {
        IntervalMethod method = model.intervalMethod();
        String words = "Intervals by " + name(method) + ": " + method.title() + ". ";
        if (model.effectiveSize() > 0) {
            words += String.format(
                    Locale.ROOT, "Its draws are worth at least %.0f independent ones. ", model.effectiveSize());
        }
        return words + noise(model) + " If the model holds, an interval holds its weight or coefficient with a"
                + " probability of " + percent(level) + ".";
    }

    private static String noise(VariationalModel model) {
        if (model.configuration().isPoisson()) {
            return "They take it that counts vary as a Poisson distribution has it.";
        }
        String words = model.noiseKind().words();
        if (model.noiseKind() == NoiseKind.CONSTANT) {
            return "They take it that " + words + ".";
        }
        return model.intervalMethod().usesNoise()
                ? "In the data of the fit " + words + ", which they take into account."
                : "In the data of the fit " + words + ", but this method takes it to be the same everywhere.";
    }

    private static String ofMeanField(VariationalModel model, double level) {
        boolean asked = model.configuration().intervals() == IntervalMethod.MEAN_FIELD;
        return (asked
                        ? "This model was fitted with --intervals mean-field"
                        : "The model file holds nothing to make intervals of")
                + ", so the bounds hold " + percent(level)
                + " of the distribution of each weight and coefficient by itself: they are too narrow where components"
                + " trade off. A fit with --intervals " + (model.fixedComponents() == 0 ? "rotation or joint" : "auto")
                + " gives others.";
    }

    /**
     * What to say of weights whose mean lies outside of its interval, or nothing of few.
     *
     * @param share of the weights that are probably not 0, in [0, 1]
     * @param level probability of an interval, in (0, 1)
     */
    static String ofOutside(double share, double level) {
        return share <= 1 - level
                ? ""
                : " Of " + percent(Math.round(100 * share) / 100.0)
                        + " of the weights that are probably not 0 the mean lies"
                        + " outside of its interval: means and intervals do not agree on how the factors are turned against each"
                        + " other, so take neither for certain.";
    }

    static String name(IntervalMethod method) {
        return method.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
