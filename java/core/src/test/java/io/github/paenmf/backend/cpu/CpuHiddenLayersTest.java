package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.HiddenLayersContractTest;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.model.PaeParameters;

class CpuHiddenLayersTest extends HiddenLayersContractTest {

    @Override
    protected Solver<PaeParameters> open(PaeProblem problem) {
        return Backends.open(Execution.auto().withBackend(Backends.Choice.CPU).withThreads(2), problem);
    }
}
