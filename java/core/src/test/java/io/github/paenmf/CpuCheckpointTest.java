package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.NmfAlgorithm;
import java.io.IOException;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** On the CPU. */
class CpuCheckpointTest extends CheckpointContractTest {

    @Override
    protected Choice backend() {
        return Choice.CPU;
    }

    /** It has sums of the rows before, too. */
    @Test
    void anUpdateOfStandardNmfGoesOnToTheBit() throws IOException {
        Supplier<Nmf.Builder> builder = () -> Nmf.builder()
                .rank(3)
                .algorithm(NmfAlgorithm.HALS)
                .backend(backend())
                .epochs(EPOCHS);
        NmfModel model = builder.get().build().fit(Fit.HALS.data());
        RowSource rows = TestData.parts(70, 23, 3);
        byte[] whole = bytes(builder.get().build().update(model, rows));

        builder.get()
                .listener(report -> report.epoch() < STOPPED)
                .checkpoints(create())
                .build()
                .update(model, rows);

        assertArrayEquals(
                whole, bytes(builder.get().checkpoints(resume()).build().update(model, rows)));
    }

    /** The settings of the update have no rule for missing values, so that it takes that of the model. */
    @Test
    void anUpdateOfPaeNmfWithMissingValuesGoesOnToTheBit() throws IOException {
        Supplier<PaeNmf.Builder> builder =
                () -> PaeNmf.builder().rank(3).backend(backend()).epochs(EPOCHS);
        PaeNmfModel model = builder.get().missing(true).build().fit(Fit.VB_MISSING.data());
        RowSource rows = TestData.parts(70, 23, 3);
        byte[] whole = bytes(builder.get().build().update(model, rows));

        builder.get()
                .listener(report -> report.epoch() < STOPPED)
                .checkpoints(create())
                .build()
                .update(model, rows);

        assertArrayEquals(
                whole, bytes(builder.get().checkpoints(resume()).build().update(model, rows)));
    }
}
