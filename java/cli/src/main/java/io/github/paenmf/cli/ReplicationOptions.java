package io.github.paenmf.cli;

import io.github.paenmf.EstimatorBuilder;
import io.github.paenmf.model.Resample;
import java.util.Set;
import picocli.CommandLine.Option;

/** Fits beside the one of the model, which tell how far its parts can be relied on. */
final class ReplicationOptions {

    /** All of them. */
    static final Set<String> OPTIONS = Set.of("--restarts", "--resample", "--consensus", "--bootstrap");

    @Option(
            names = "--restarts",
            paramLabel = "N",
            description =
                    "Fit from N seeds, --seed and those after it, at least 1, and keep the best by the objective. Reports how"
                            + " often each component comes out in the others: matched by their cosines, it is found where that is"
                            + " at least 0.9. Standard NMF then starts from random. Of vb, nmf-hals, nmf-mu and nmf-kl. 1 unless"
                            + " given.")
    private Integer restarts;

    @Option(
            names = "--resample",
            paramLabel = "NAME",
            completionCandidates = Names.Resamples.class,
            description =
                    "Which rows each of the --restarts sees: ${COMPLETION-CANDIDATES}. none is all of them; rows draws as many"
                            + " with replacement, poisson takes each as often as a Poisson number of mean 1 says. The model is then"
                            + " that of --seed and all rows. none unless given.")
    private Resample resample;

    @Option(
            names = "--consensus",
            description =
                    "Make the model of the basis on which the --restarts agree, as cNMF does: the median of each component"
                            + " without outliers. Standard NMF keeps that basis and fits the coefficients; vb fits from there.")
    private boolean consensus;

    @Option(
            names = "--bootstrap",
            paramLabel = "N",
            description =
                    "Go on from the model N times, at least 2, on rows drawn anew, for intervals of the parts that say how"
                            + " they would differ had other samples been drawn: basis --intervals bootstrap, and the report. Of vb,"
                            + " nmf-hals, nmf-mu and nmf-kl.")
    private Integer bootstrap;

    /** Sets what was given. */
    void applyTo(EstimatorBuilder<?> builder) {
        builder.consensus(consensus);
        if (restarts != null) {
            builder.restarts(restarts);
        }
        if (resample != null) {
            builder.resample(resample);
        }
        if (bootstrap != null) {
            builder.bootstrap(bootstrap);
        }
    }
}
