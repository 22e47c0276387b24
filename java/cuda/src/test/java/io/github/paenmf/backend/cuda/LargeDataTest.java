package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** More than 2³¹ values: no size or offset is an int. */
@Tag("cuda")
class LargeDataTest {

    private static List<String> run(String scenario) {
        return CudaProcess.run(scenario, CudaProcess.emulator(), Map.of("PAENMF_EMULATOR_MEMORY", "64GiB"))
                .lines()
                .filter(line -> !line.startsWith("INFO") && !line.contains(" io.github.paenmf."))
                .toList();
    }

    @Test
    void kernelsReachRowsBehindTwoToThe31Values() {
        assertEquals(
                List.of(
                        "gathered [0.0, 30.0, 3.0, 4.0, 0.0, 0.0, 3.0, 4.0, 0.0, 20.0, 3.0, 4.0]",
                        "squares 1400.0",
                        "columns [0.0, 60.0]",
                        "nonzeros 53.0"),
                run("offsets"));
    }

    private static void check(List<String> lines, String where) {
        assertEquals(4, lines.size(), lines.toString());
        assertEquals("values 2147562496", lines.get(0));
        assertTrue(lines.get(1).contains(where), lines.get(1));
        assertEquals(List.of("ordered true", "stored true"), lines.subList(2, 4));
    }

    @Test
    void rowsBehindTwoToThe31ValuesAreStreamed() {
        check(run("streamed"), "data streamed");
    }

    /** Copies 8 GiB to the emulated device, which is memory of this machine. */
    @Test
    @EnabledIfSystemProperty(named = "paenmf.test.large", matches = "true")
    void rowsBehindTwoToThe31ValuesAreOnTheDevice() {
        check(run("resident"), "data on the device");
    }
}
