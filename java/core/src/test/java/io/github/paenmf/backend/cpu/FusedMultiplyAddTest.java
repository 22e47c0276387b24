package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Iterator;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("jdk")
class FusedMultiplyAddTest {

    /** A batch that was interrupted, or that loaded classes, decides nothing as long as another was not. */
    @ParameterizedTest
    @CsvSource({
        "as fast, 1300 1300 1300 1300 1300, 1300 1300 1300 1300 1300, true",
        "one undisturbed, 80000 9000000 70000 1300 90000, 1300 1300 1300 1300 1300, true",
        "below what a clock tells, 0 0 0 0 0, 0 0 0 0 0, true",
        "compiled, 90 90 90 90 90, 30 30 30 30 30, true",
        "by BigDecimal, 70000000 4000000 600000 600000 600000, 1400 1400 1400 1400 1400, false",
        "BigDecimal compiled, 20000 20000 20000 20000 20000, 30 30 30 30 30, false",
        "BigDecimal beside interrupted sums, 600000 600000 600000 600000 600000, 1400 90000 9000000 90000 90000, false"
    })
    void theFastestBatchDecides(String what, String fused, String plain, boolean fast) {
        assertEquals(fast, FusedMultiplyAdd.isFast(times(fused), times(plain)), what);
    }

    private static LongSupplier times(String nanos) {
        Iterator<Long> each = Arrays.stream(nanos.split(" ")).map(Long::valueOf).iterator();
        return each::next;
    }

    /** HotSpot's own word for it. */
    @Test
    void theMeasurementAgreesWithTheJvm() {
        String flag = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("UseFMA")
                .getValue();
        assertEquals(Boolean.valueOf(flag), FusedMultiplyAdd.isFast());
    }
}
