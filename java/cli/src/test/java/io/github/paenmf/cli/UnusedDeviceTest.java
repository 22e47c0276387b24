package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnusedDeviceTest {

    @TempDir
    private Path root;

    @Test
    void aMachineWithoutADeviceHasNothingToSay() {
        assertEquals(Optional.empty(), UnusedDevice.reason(root, "libcuda.so.1 not found"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev/nvidiactl", "proc/driver/nvidia/version", "dev/dxg"})
    void aDeviceThatCannotBeUsedHasAReason(String name) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.createFile(file);

        assertEquals(Optional.of("the driver is too old"), UnusedDevice.reason(root, "the driver is too old"));
        assertEquals(Optional.empty(), UnusedDevice.reason(root, null));
    }
}
