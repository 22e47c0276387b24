package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which kernels run, and what is said about it. The tests run with the Vector API present. */
@Tag("jdk")
class CpuRuntimeTest {

    private static void assertPlain(String reason, CpuRuntime runtime) {
        assertEquals(ScalarHeadKernel.class, runtime.headKernel().getClass());
        assertEquals("plain loops", runtime.headKernel().description());
        assertEquals("java, plain loops", runtime.blas());
        assertEquals(reason, runtime.vectors());
    }

    @Test
    void thePropertyTurnsVectorsOff() {
        assertPlain("off (-Dpaenmf.vector=off)", CpuRuntime.choose("off", true, true));
        assertPlain("off (-Dpaenmf.vector=off)", CpuRuntime.choose("off", false, false));
    }

    @Test
    void withoutTheModuleThereAreNoVectors() {
        assertPlain("off (start Java with --add-modules jdk.incubator.vector)", CpuRuntime.choose(null, false, true));
    }

    /** They would take BigDecimal for each lane. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void withoutFusedMultiplyAddThereAreNoVectors(boolean modulePresent) {
        assertPlain("off (no fused multiply-add: plain loops)", CpuRuntime.choose(null, modulePresent, false));
        assertEquals(
                "netlib Java8BLAS", NetlibGemm.pureJava(modulePresent, false).description());
    }

    @ParameterizedTest
    @NullAndEmptySource
    @ValueSource(strings = {"on", "auto"})
    void withTheModuleVectorsRun(String property) {
        CpuRuntime runtime = CpuRuntime.choose(property, true, true);

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
