package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.LearnedSigmaContractTest;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.model.PaeParameters;

class CpuLearnedSigmaTest extends LearnedSigmaContractTest {

    @Override
    protected Solver<PaeParameters> open(PaeProblem problem) {
        return Backends.open(Execution.auto().withBackend(Backends.Choice.CPU).withThreads(2), problem);
    }
}
