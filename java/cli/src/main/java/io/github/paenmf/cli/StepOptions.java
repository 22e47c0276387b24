package io.github.paenmf.cli;

import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Precision;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where and how to train. */
final class StepOptions {

    @Mixin
    private BackendOptions backend;

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            defaultValue = "fp32",
            completionCandidates = Names.Precisions.class,
            description =
                    "Arithmetic of the two large products of a step on CUDA: ${COMPLETION-CANDIDATES}. tf32 is"
                            + " faster, and rounds their factors to 11 bits. 3xtf32 uses the same tensor cores three times and is as"
                            + " exact as fp32; worth a try from rank 16 on, on devices made for data centres. The CPU computes in fp32.")
    private Precision precision;

    @Option(
            names = "--no-graph",
            description = "Launch the kernels of a CUDA step one by one rather than replay a recorded step. Slower;"
                    + " does not change the result.")
    private boolean noGraph;

    @Option(
            names = "--no-cooperative",
            description =
                    "Take each step on CUDA stage by stage, also where data are so small that blocks which each keep"
                            + " a slice of the features can take it as a whole, as pae does up to rank 10, nmf-hals and vb up to"
                            + " 16. Changes the order of sums, and so low-order bits.")
    private boolean noCooperative;

    /** What was given, the rest at its defaults. */
    Execution execution() {
        Execution execution = backend.execution();
        if (precision != Precision.FP32 && backend.heeds(Choice.CUDA, "--precision " + Names.of(precision))) {
            execution = execution.withPrecision(precision);
        }
        if (noGraph && backend.heeds(Choice.CUDA, "--no-graph")) {
            execution = execution.withGraph(false);
        }
        if (noCooperative && backend.heeds(Choice.CUDA, "--no-cooperative")) {
            execution = execution.withCooperative(false);
        }
        return execution;
    }
}
