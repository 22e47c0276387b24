package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.data.Covariates;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.io.CheckpointFile;
import io.github.paenmf.model.CheckpointStore;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.Optimiser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A fit that goes on from a checkpoint makes the model file, byte for byte, of one that was never stopped. */
public abstract class CheckpointContractTest {

    private static final Matrix DATA = TestData.parts(90, 23, 3);
    /** In which the listener stops the first part of a fit. */
    static final int STOPPED = 13;

    static final int EPOCHS = 30;

    @TempDir
    Path directory;

    /** The backend under test. */
    protected abstract Choice backend();

    /** Whether the backend has it. */
    protected boolean has(Fit fit) {
        return true;
    }

    /** What an update changes differs between all of these. */
    public enum Fit {
        VB,
        VB_MINI_BATCHES,
        VB_MISSING,
        VB_COVARIATES,
        VB_COUNTS,
        VB_COUNTS_MISSING,
        PAE,
        PAE_MINI_BATCHES,
        PAE_GD,
        PAE_SIGMA,
        PAE_HIDDEN,
        PAE_COVARIATES,
        HALS,
        MU,
        KL,
        KL_MINI_BATCHES,
        HALS_MINI_BATCHES,
        BETA_MINI_BATCHES;

        private EstimatorBuilder<?> builder() {
            return switch (this) {
                case VB, VB_COVARIATES -> variational();
                case VB_MINI_BATCHES -> variational().batchRows(40);
                case VB_MISSING -> variational().missing(true);
                case VB_COUNTS -> variational().likelihood(Likelihood.POISSON);
                case VB_COUNTS_MISSING ->
                    variational().likelihood(Likelihood.POISSON).missing(true);
                case PAE -> PaeNmf.builder().rank(3);
                case PAE_MINI_BATCHES, PAE_COVARIATES ->
                    PaeNmf.builder().rank(3).batchRows(40);
                case PAE_GD -> PaeNmf.builder().rank(3).optimiser(Optimiser.GD);
                case PAE_SIGMA -> PaeNmf.builder().rank(3).sigma(0).batchRows(40);
                case PAE_HIDDEN -> PaeNmf.builder().rank(3).hidden(5, 4).batchRows(40);
                case HALS -> Nmf.builder().rank(3).algorithm(NmfAlgorithm.HALS);
                case MU -> Nmf.builder().rank(3).algorithm(NmfAlgorithm.MU);
                case KL -> Nmf.builder().rank(3).algorithm(NmfAlgorithm.KL);
                case KL_MINI_BATCHES ->
                    Nmf.builder().rank(3).algorithm(NmfAlgorithm.KL).batchRows(40);
                case BETA_MINI_BATCHES ->
                    Nmf.builder().rank(3).algorithm(NmfAlgorithm.MU).beta(0.5).batchRows(40);
                case HALS_MINI_BATCHES ->
                    Nmf.builder().rank(3).algorithm(NmfAlgorithm.HALS).batchRows(40);
            };
        }

        RowSource data() {
            if (this == VB_COVARIATES || this == PAE_COVARIATES) {
                double[] ages = new Random(4).doubles(DATA.rows()).toArray();
                return Covariates.attach(
                        VB.data(), Covariates.builder().numbers("age", ages).build());
            }
            Matrix counts = DATA.copy();
            Random random = new Random(3);
            for (int i = 0; i < counts.rows(); i++) {
                for (int f = 0; f < counts.columns(); f++) {
                    float value = (float) Math.rint(20 * DATA.get(i, f));
                    boolean missing = name().endsWith("MISSING") && random.nextInt(9) == 0;
                    counts.storage(i)[counts.offset(i) + f] = missing ? Float.NaN : value + 1;
                }
            }
            return counts;
        }
    }

    private static VariationalNmf.Builder variational() {
        return VariationalNmf.builder().rank(3).intervals(IntervalMethod.MEAN_FIELD);
    }

    private FactorisationModel fit(Fit fit, RowSource data, int stoppedIn, CheckpointStore checkpoints) {
        EstimatorBuilder<?> builder =
                fit.builder().backend(backend()).epochs(EPOCHS).listener(report -> report.epoch() < stoppedIn);
        if (checkpoints != null) {
            builder.checkpoints(checkpoints);
        }
        if (builder instanceof Nmf.Builder nmf) {
            return nmf.build().fit(data);
        }
        return builder instanceof PaeNmf.Builder pae
                ? pae.build().fit(data)
                : ((VariationalNmf.Builder) builder).build().fit(data);
    }

    final byte[] bytes(FactorisationModel model) throws IOException {
        Path file = directory.resolve("model.npz");
        model.save(file);
        return Files.readAllBytes(file);
    }

    final CheckpointFile create() throws IOException {
        return CheckpointFile.create(directory.resolve("checkpoint"), Duration.ofDays(1));
    }

    final CheckpointFile resume() throws IOException {
        return CheckpointFile.resume(directory.resolve("checkpoint"), Duration.ofDays(1));
    }

    @ParameterizedTest
    @EnumSource
    void aFitGoesOnToTheBit(Fit fit) throws IOException {
        if (!has(fit)) {
            return;
        }
        RowSource data = fit.data();
        byte[] whole = bytes(fit(fit, data, Integer.MAX_VALUE, null));

        FactorisationModel stopped = fit(fit, data, STOPPED, create());
        assertEquals(STOPPED, stopped.history().epochs());
        assertArrayEquals(whole, bytes(fit(fit, data, Integer.MAX_VALUE, resume())));
    }

    @Test
    void anUpdateGoesOnToTheBit() throws IOException {
        RowSource data = Fit.VB.data();
        Supplier<VariationalNmf.Builder> builder =
                () -> variational().backend(backend()).epochs(EPOCHS);
        VariationalModel model = builder.get().build().fit(data);
        RowSource rows = data.selectRows(IntStream.range(0, 70).toArray());
        byte[] whole = bytes(builder.get().build().update(model, rows));

        builder.get()
                .listener(report -> report.epoch() < STOPPED)
                .checkpoints(create())
                .build()
                .update(model, rows);
        assertArrayEquals(
                whole, bytes(builder.get().checkpoints(resume()).build().update(model, rows)));
        VariationalModel other = builder.get().epochs(3).build().fit(data);
        DataException refusal = assertThrows(
                DataException.class,
                () -> builder.get().checkpoints(resume()).build().update(other, rows));
        assertTrue(refusal.getMessage().contains("checksum of the start was "), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("epochs of the model before was 30 and is 3"), refusal.getMessage());
    }

    /** No later epoch has a tenth of the error of the best one, which is among the first: the fit ends by what was judged before. */
    @Test
    void whatEndsAFitIsRememberedToo() throws IOException {
        RowSource data = Fit.HALS.data();
        Supplier<Nmf.Builder> builder = () -> Nmf.builder()
                .rank(3)
                .algorithm(NmfAlgorithm.HALS)
                .backend(backend())
                .epochs(EPOCHS)
                .tolerance(0.9)
                .patience(20);
        NmfModel model = builder.get().build().fit(data);
        assertEquals(StopReason.CONVERGED, model.history().stopReason());
        byte[] whole = bytes(model);

        builder.get()
                .listener(report -> report.epoch() < STOPPED)
                .checkpoints(create())
                .build()
                .fit(data);

        assertArrayEquals(
                whole, bytes(builder.get().checkpoints(resume()).build().fit(data)));
    }

    /** As a killed fit leaves it: without a word from its listener. */
    @Test
    void aFitThatIsKilledGoesOnFromItsLastCheckpoint() throws IOException {
        RowSource data = Fit.VB.data();
        byte[] whole = bytes(fit(Fit.VB, data, Integer.MAX_VALUE, null));
        CheckpointFile every = CheckpointFile.create(directory.resolve("checkpoint"), Duration.ZERO);
        IllegalStateException killed = new IllegalStateException("killed");

        assertThrows(
                IllegalStateException.class,
                () -> variational()
                        .backend(backend())
                        .epochs(EPOCHS)
                        .checkpoints(every)
                        .listener(report -> {
                            if (report.epoch() == STOPPED) {
                                throw killed;
                            }
                            return true;
                        })
                        .build()
                        .fit(data));

        assertArrayEquals(whole, bytes(fit(Fit.VB, data, Integer.MAX_VALUE, resume())));
    }

    @Test
    void anotherFitIsRefusedByWhatDiffers() throws IOException {
        Matrix data = Matrix.of(Fit.PAE.data());
        fit(Fit.PAE, data, STOPPED, create());

        assertRefused("optimiser was ADAM and is GD", Fit.PAE_GD, data);
        Matrix other = data.copy();
        other.storage(5)[other.offset(5) + 7] += 1;
        assertRefused("checksum of the data was ", Fit.PAE, other);
        assertRefused(
                "rows of the data was 90 and is 89",
                Fit.PAE,
                other.selectRows(IntStream.range(0, 89).toArray()));
    }

    private void assertRefused(String reason, Fit fit, RowSource data) {
        DataException refusal = assertThrows(DataException.class, () -> fit(fit, data, EPOCHS, resume()));
        assertTrue(refusal.getMessage().contains(reason), refusal.getMessage());
        assertTrue(
                refusal.getMessage().startsWith(directory.resolve("checkpoint").toString()), refusal.getMessage());
    }

    /** A file that is there may be all that is left of hours. */
    @Test
    void nothingIsOverwritten() throws IOException {
        fit(Fit.HALS, Fit.HALS.data(), STOPPED, create());
        DataException refusal = assertThrows(DataException.class, this::create);
        assertTrue(refusal.getMessage().contains("is there already"), refusal.getMessage());
        CheckpointFile file = resume();
        file.delete();
        assertFalse(Files.exists(file.file()));
    }
}
