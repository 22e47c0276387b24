package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.GivenFactorsTest.Kind;
import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.Penalties;
import io.github.paenmf.model.Penalty;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.VbInit;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.model.Zeros;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** L1 of variational NMF, as the scale of its priors. */
class VbPenaltyTest {

    private static Penalties l1(double ofCoefficients, double ofBasis) {
        return new Penalties(new Penalty(ofCoefficients, 0), new Penalty(ofBasis, 0));
    }

    private static VariationalNmf.Builder builder(Kind kind) {
        return VariationalNmf.builder()
                .backend(Backends.Choice.CPU)
                .rank(3)
                .scaling(kind.scaling())
                .missing(kind == Kind.INCOMPLETE);
    }

    /** Of 37 samples of 13 features; P is what the priors' means of both factors come to. */
    @ParameterizedTest
    @EnumSource(value = Kind.class, names = "SIZED", mode = EnumSource.Mode.EXCLUDE)
    void priorsAreAsWideAsThePenaltySays(Kind kind, @TempDir Path folder) throws IOException {
        RowSource data = kind.data();
        VariationalModel model = builder(kind)
                .penalties(l1(0.002, 0.001))
                .zeros(Zeros.OFF)
                .epochs(60)
                .build()
                .fit(data, kind.weights());
        VbParameters p = model.fitted().parameters();
        double rows = kind.weights().totalOfRows(37);
        double features = kind.weights().totalOfFeatures(13);
        double product = Math.pow(p.squaredSigma(), 2) / (rows * 0.001 * features * 0.002);
        for (double mean : p.priorMean()) {
            assertEquals(product, mean, 1e-12 * product);
        }
        double[] reconstruction = model.history().reconstruction();
        double[] kl = model.history().kl();
        for (int epoch = 1; epoch < kl.length; epoch++) {
            double before = reconstruction[epoch - 1] + kl[epoch - 1];
            double rise = reconstruction[epoch] + kl[epoch] - before;
            // the rounding of the Gram form, as in KnownBasisTest
            assertTrue(rise <= 1e-5 * (Math.abs(before) + kl[epoch] + 13), "epoch " + epoch + " rises by " + rise);
        }
        Path file = folder.resolve("model.npz");
        model.save(file);
        VariationalModel loaded = VariationalModel.load(file);
        assertEquals(model.configuration(), loaded.configuration());
        assertEquals("L1 0.001, L2 0", loaded.settings().get("Penalty of the basis"));
    }

    @Test
    void theGreaterThePenaltyTheLessIsLeft() {
        double before = Double.POSITIVE_INFINITY;
        RowSource data = Kind.PLAIN.data();
        for (double l1 : new double[] {1e-4, 0.01, 0.1, 1}) {
            VariationalModel model =
                    builder(Kind.PLAIN).penalties(l1(l1, l1)).build().fit(data);
            double sum = 0;
            for (float[] row : model.reconstructMean(data).toRows()) {
                for (float value : row) {
                    sum += value;
                }
            }
            assertTrue(sum < before, l1 + " leaves " + sum + " of " + before);
            before = sum;
        }
    }

    /** Each, of 37 samples of 13 features, has P as above. */
    @Test
    void restartsAndUpdatesKeepThem() {
        RowSource data = Kind.PLAIN.data();
        VariationalNmf.Builder builder =
                builder(Kind.PLAIN).penalties(l1(0.02, 0.01)).epochs(3);
        VariationalModel best = builder.restarts(2).build().fit(data);
        VariationalModel updated = VariationalNmf.builder()
                .configuration(best.configuration())
                .build()
                .update(best, data);
        for (VariationalModel model : List.of(best, updated)) {
            assertEquals(l1(0.02, 0.01), model.configuration().penalties());
            VbParameters p = model.fitted().parameters();
            double product = Math.pow(p.squaredSigma(), 2) / (37 * 0.01 * 13 * 0.02);
            for (double mean : p.priorMean()) {
                assertEquals(product, mean, 1e-12 * product);
            }
        }
    }

    @Test
    void whatPriorsCannotSayIsRefused() {
        VariationalNmf.Builder builder = builder(Kind.PLAIN);
        Penalties squares = new Penalties(new Penalty(0.1, 0), new Penalty(0.1, 0.1));
        assertRefused(Setting.L2, builder.penalties(squares));
        assertRefused(Setting.L1, builder.penalties(l1(0.1, 0)));
        assertRefused(Setting.L1, builder.penalties(l1(0, 0.1)));
        builder.penalties(l1(0.1, 0.1));
        assertRefused(
                Setting.L1, builder.initialBasis(GivenFactorsTest.catalogue()).fixBasis(true));
        VariationalModel known = builder(Kind.PLAIN)
                .initialBasis(GivenFactorsTest.catalogue())
                .fixBasis(true)
                .epochs(1)
                .build()
                .fit(Kind.PLAIN.data());
        VariationalNmf penalised = builder(Kind.PLAIN).penalties(l1(0.1, 0.1)).build();
        SettingException ofUpdate =
                assertThrows(SettingException.class, () -> penalised.update(known, Kind.PLAIN.data()));
        assertEquals(Setting.L1, ofUpdate.setting());
        VariationalNmf onCuda = builder(Kind.PLAIN)
                .penalties(l1(0.1, 0.1))
                .backend(Backends.Choice.CUDA)
                .init(VbInit.RANDOM)
                .build();
        BackendUnavailableException refusal =
                assertThrows(BackendUnavailableException.class, () -> onCuda.fit(Kind.PLAIN.data()));
        assertEquals(
                "a fit of vb with penalties runs on the CPU only; choose backend cpu, or auto, which takes it",
                refusal.getMessage());
    }

    private static void assertRefused(Setting setting, VariationalNmf.Builder builder) {
        assertEquals(
                setting, assertThrows(SettingException.class, builder::build).setting());
    }
}
