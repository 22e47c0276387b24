package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Wherever the system's loader would find a library, it is asked for it. */
class SystemLoaderTest {

    private static final String LIBRARY = "libcuda.so.1";

    @TempDir
    private Path root;

    private boolean mayFind(String libraryPath) {
        return SystemLoader.mayFind(LIBRARY, libraryPath, root);
    }

    private void write(String file, String text) throws Exception {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.write(path, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void aMachineWithoutItIsSeenToLackIt() throws Exception {
        write("etc/ld.so.cache", "ld.so\0/opt/libcuda.so.10\0/opt/libcudart.so.1\0");
        write("proc/self/maps", "7f00-7f01 r-xp 0 08:01 1 /usr/lib/libcudart.so.12\n");

        assertFalse(mayFind(null));
        assertFalse(mayFind("/nowhere:" + root));
    }

    @Test
    void theVariableNamesAFolder() throws Exception {
        write("mine/" + LIBRARY, "");

        assertTrue(mayFind("/nowhere:" + root.resolve("mine")));
    }

    @Test
    void aDefaultFolderHasIt() throws Exception {
        write("usr/lib/x86_64-linux-gnu/" + LIBRARY, "");

        assertTrue(mayFind(null));
    }

    @Test
    void theCacheNamesIt() throws Exception {
        write("etc/ld.so.cache", "ld.so\0/opt/nvidia/libcuda.so.1\0");

        assertTrue(mayFind(null));
    }

    @Test
    void theProcessHasItAlready() throws Exception {
        write("proc/self/maps", "7f00-7f01 r-xp 0 08:01 1 /opt/driver/libcuda.so.535.104.05\n");

        assertTrue(mayFind(null));
    }
}
