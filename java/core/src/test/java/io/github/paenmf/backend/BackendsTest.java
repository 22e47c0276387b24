package io.github.paenmf.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackendsTest {

    @ParameterizedTest
    @CsvSource({"auto, AUTO", "AUTO, AUTO", "cpu, CPU", "Cpu, CPU"})
    void choicesHaveNames(String name, Backends.Choice choice) {
        assertEquals(choice, Backends.Choice.of(name));
    }

    @Test
    void anUnknownNameIsRefusedWithThoseThereAre() {
        assertEquals(
                "backend must be auto or cpu, not tpu",
                assertThrows(IllegalArgumentException.class, () -> Backends.Choice.of("TPU"))
                        .getMessage());
    }

    /** In Turkish, the small letter of I is another one. */
    @Test
    void namesDoNotDependOnTheLanguage() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("tr"));
            assertEquals(Backends.Choice.CPU, Backends.Choice.of("CPU"));
            assertEquals(
                    "backend must be auto or cpu, not mips",
                    assertThrows(IllegalArgumentException.class, () -> Backends.Choice.of("MIPS"))
                            .getMessage());
        } finally {
            Locale.setDefault(before);
        }
    }
}
