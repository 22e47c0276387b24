package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is short is named with the remedy, and is no fault in the program. */
class FailuresTest {

    @ParameterizedTest
    @CsvSource({
        "Java heap space, PAENMF_JAVA_OPTS=-Xmx",
        "Requested array size exceeds VM limit, PAENMF_JAVA_OPTS=-Xmx",
        ", PAENMF_JAVA_OPTS=-Xmx",
        "unable to create native thread: possibly out of memory or process/resource limits reached, --threads"
    })
    void memoryThatIsShortIsNamedWithTheRemedy(String message, String remedy) {
        StringWriter text = new StringWriter();

        int code = Failures.report(new OutOfMemoryError(message), new PrintWriter(text), false);

        assertEquals(ExitCode.INTERNAL, code);
        assertTrue(text.toString().contains(remedy), text.toString());
        assertFalse(text.toString().contains("fault"), text.toString());
    }
}
