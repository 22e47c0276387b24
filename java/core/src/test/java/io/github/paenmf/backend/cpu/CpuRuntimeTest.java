package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which kernels run, and what is said about it. The tests run with the Vector API present. */
class CpuRuntimeTest {

    private static void assertPlain(String reason, CpuRuntime runtime) {
        assertEquals(ScalarHeadKernel.class, runtime.headKernel().getClass());
        assertEquals("plain loops", runtime.headKernel().description());
        assertEquals("java, plain loops", runtime.blas());
        assertEquals(reason, runtime.vectors());
    }

    @Test
    void thePropertyTurnsVectorsOff() {
        assertPlain("off (-Dpaenmf.vector=off)", CpuRuntime.choose("off", true));
        assertPlain("off (-Dpaenmf.vector=off)", CpuRuntime.choose("off", false));
    }

    @Test
    void withoutTheModuleThereAreNoVectors() {
        assertPlain("off (start Java with --add-modules jdk.incubator.vector)", CpuRuntime.choose(null, false));
    }

    @ParameterizedTest
    @NullAndEmptySource
    @ValueSource(strings = {"on", "auto"})
    void withTheModuleVectorsRun(String property) {
        CpuRuntime runtime = CpuRuntime.choose(property, true);

        assertEquals(
                "io.github.paenmf.backend.cpu.VectorHeadKernel",
                runtime.headKernel().getClass().getName());
        assertTrue(runtime.blas().matches("java, (64|128|256|512)-bit vectors"), runtime.blas());
        assertTrue(runtime.vectors().matches("(64|128|256|512)-bit \\(Vector API\\)"), runtime.vectors());
        assertEquals(runtime.headKernel().description(), runtime.vectors());
    }

    @Test
    void theTestsThemselvesRunTheVectorKernel() {
        assertEquals(
                "io.github.paenmf.backend.cpu.VectorHeadKernel",
                CpuRuntime.get().headKernel().getClass().getName());
        assertSame(CpuRuntime.get(), CpuRuntime.get());
    }

    @Test
    void plainLoopsGiveTheirReason() {
        assertPlain("because", CpuRuntime.scalar("because"));
    }
}
