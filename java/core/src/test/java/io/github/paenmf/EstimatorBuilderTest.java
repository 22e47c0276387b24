package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.VbConfiguration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the builders of all estimators have in common. */
class EstimatorBuilderTest {

    private static <B extends EstimatorBuilder<B>> B set(B builder) {
        return builder.rank(7).epochs(11).tolerance(0.25).patience(3).seed(42);
    }

    @Test
    void everyConfigurationGetsTheCommonSettings() {
        PaeConfiguration pae = set(PaeNmf.builder()).build().configuration();
        VbConfiguration vb = set(VariationalNmf.builder()).build().configuration();
        NmfConfiguration nmf = set(Nmf.builder()).build().configuration();

        assertEquals(List.of(7, 7, 7), List.of(pae.rank(), vb.rank(), nmf.rank()));
        assertEquals(List.of(11, 11, 11), List.of(pae.epochs(), vb.epochs(), nmf.epochs()));
        assertEquals(List.of(0.25, 0.25, 0.25), List.of(pae.tolerance(), vb.tolerance(), nmf.tolerance()));
        assertEquals(List.of(3, 3, 3), List.of(pae.patience(), vb.patience(), nmf.patience()));
        assertEquals(List.of(42L, 42L, 42L), List.of(pae.seed(), vb.seed(), nmf.seed()));
    }

    @Test
    void aConfigurationIsTakenOverAsAWhole() {
        PaeConfiguration pae = set(PaeNmf.builder()).build().configuration();
        VbConfiguration vb = set(VariationalNmf.builder()).build().configuration();

        assertEquals(pae, PaeNmf.builder().configuration(pae).build().configuration());
        assertEquals(vb, VariationalNmf.builder().configuration(vb).build().configuration());
    }

    /** What a whole configuration brings need not have an effect: a patience is in all of them. */
    @Test
    void aPatienceThatComesWithAConfigurationNeedsNoTolerance() {
        VbConfiguration vb = VariationalNmf.builder().build().configuration();

        VariationalNmf.Builder builder =
                VariationalNmf.builder().patience(5).configuration(vb).rank(3);

        assertEquals(vb.patience(), builder.build().configuration().patience());
    }

    static Stream<Consumer<Consumer<EstimatorBuilder<?>>>> estimators() {
        return Stream.of(
                check -> {
                    PaeNmf.Builder builder = PaeNmf.builder();
                    check.accept(builder);
                    builder.build();
                },
                check -> {
                    VariationalNmf.Builder builder = VariationalNmf.builder();
                    check.accept(builder);
                    builder.build();
                },
                check -> {
                    Nmf.Builder builder = Nmf.builder();
                    check.accept(builder);
                    builder.build();
                });
    }

    @ParameterizedTest
    @MethodSource("estimators")
    void whatHasNoEffectIsRefused(Consumer<Consumer<EstimatorBuilder<?>>> build) {
        assertRefused(Setting.PATIENCE, build, builder -> builder.patience(5));
        assertRefused(Setting.DEVICE, build, builder -> builder.device(1).backend(Backends.Choice.CPU));
        assertRefused(
                Setting.PRECISION,
                build,
                builder -> builder.backend(Backends.Choice.CPU).precision(Precision.TF32));
        assertRefused(Setting.GRAPH, build, builder -> builder.graph(false).backend(Backends.Choice.CPU));
        assertRefused(
                Setting.COOPERATIVE,
                build,
                builder -> builder.cooperative(false).backend(Backends.Choice.CPU));
        assertRefused(
                Setting.DEVICE,
                build,
                builder -> builder.execution(
                        Execution.auto().withBackend(Backends.Choice.CPU).withDevice(1)));
    }

    private static void assertRefused(
            Setting setting, Consumer<Consumer<EstimatorBuilder<?>>> build, Consumer<EstimatorBuilder<?>> set) {
        SettingException refused = assertThrows(SettingException.class, () -> build.accept(set));
        assertEquals(setting, refused.setting());
        assertTrue(refused.getMessage().contains("no effect"), refused.getMessage());
    }
}
