package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the build put into the jar. */
@Tag("cuda")
class KernelImagesTest {

    private static final KernelImages IMAGES = KernelImages.packaged();

    /** Made the way native-build/compile-kernels does. */
    private static String sourceHash(Path folder) throws Exception {
        MessageDigest hash = MessageDigest.getInstance("SHA-256");
        for (String name : sources(folder)) {
            hash.update((name + "\n").getBytes(StandardCharsets.UTF_8));
            hash.update(Files.readAllBytes(folder.resolve(name)));
        }
        return HexFormat.of().formatHex(hash.digest());
    }

    private static List<String> sources(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.map(file -> folder.relativize(file).toString())
                    .filter(name -> name.endsWith(".cu") || name.endsWith(".cuh"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    @Tag("checkout")
    void theKernelsAreThoseOfTheSources() throws Exception {
        Path folder = Path.of("../../cuda");
        assumeTrue(Files.exists(Path.of("pom.xml")), "only a source tree has sources");
        assertTrue(sources(folder).contains("paenmf.cu"), "tests run in the module's folder");
        assertEquals(
                sourceHash(folder),
                IMAGES.sourceHash(),
                "the kernels in the jar are stale: cuda/ has changed since; build native-build again");
    }

    @Test
    void everyArchitectureHasItsMachineCode() {
        assertTrue(
                IMAGES.architectures().containsAll(List.of("sm_80", "sm_90")),
                IMAGES.architectures().toString());
        for (String architecture : IMAGES.architectures()) {
            byte[] cubin = IMAGES.cubin(Integer.parseInt(architecture.substring(3)) / 10);
            assertEquals("7f454c46", HexFormat.of().formatHex(cubin, 0, 4), architecture);
        }
    }

    /** CUDA 13 writes version 8 and another layout, which drivers of CUDA 12 do not read. */
    @ParameterizedTest
    @ValueSource(ints = {8, 9})
    void driversOfCuda12ReadTheMachineCode(int major) {
        int abiVersion = IMAGES.cubin(major)[8]; // EI_ABIVERSION of the ELF header
        assertEquals(7, abiVersion);
    }
}
