package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Runs in a JVM of its own: a module that is loaded stays so. */
@Tag("jdk")
class VectorModuleTest {

    private static final List<String> WITH_ENTRY_POINT =
            List.of("--add-exports", "java.base/jdk.internal.module=ALL-UNNAMED");

    @Test
    void theModuleIsLoadedAndNothingIsPrintedOnStderr() throws Exception {
        assertEquals("before: absent\nafter: jdk.incubator.vector, boot loader\n", run(WITH_ENTRY_POINT));
    }

    @Test
    void theModuleIsLeftAloneIfItIsThere() throws Exception {
        String warning = "WARNING: Using incubator modules: jdk.incubator.vector\n";

        assertEquals(
                warning + "before: jdk.incubator.vector, boot loader\nafter: jdk.incubator.vector, boot loader\n",
                run(List.of("--add-modules", "jdk.incubator.vector")));
    }

    @Test
    void withoutTheEntryPointTheModuleStaysAbsent() throws Exception {
        assertEquals("before: absent\nafter: absent\n", run(List.of()));
    }

    private static String run(List<String> options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Probe.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output.replace(System.lineSeparator(), "\n");
    }

    /** Says whether the module is visible before and after loading it. */
    static final class Probe {
        public static void main(String[] args) {
            System.out.println("before: " + where());
            VectorModule.load();
            System.out.println("after: " + where());
        }

        private static String where() {
            try {
                Class<?> found = Class.forName("jdk.incubator.vector.FloatVector", false, Probe.class.getClassLoader());
                return found.getModule().getName()
                        + (found.getClassLoader() == null ? ", boot loader" : ", other loader");
            } catch (ClassNotFoundException e) {
                return "absent";
            }
        }
    }
}
