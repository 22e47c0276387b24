package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.HiddenLayersContractTest;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.model.PaeParameters;
import org.junit.jupiter.api.Tag;

@Tag("cuda")
class CudaStreamingHiddenLayersTest extends HiddenLayersContractTest {

    @Override
    protected Solver<PaeParameters> open(PaeProblem problem) {
        return CurrentContext.watched(
                Solver.class, CudaSolvers.pae(problem, Execution.auto().withChunkRows(256), true, RowBlocks.serial()));
    }
}
