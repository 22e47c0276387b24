package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where cuBLAS and cuRAND are looked for, and in which order. */
class LibraryFolderTest {

    @TempDir
    private Path root;

    private Path folder(String name) throws Exception {
        return Files.createDirectories(root.resolve(name));
    }

    private List<Path> folders(Map<String, String> environment) {
        return LibraryFolder.ofToolkit(environment, root, root.resolve("home")).stream()
                .map(LibraryFolder::path)
                .toList();
    }

    @Test
    void everyUsualPlaceIsLookedInOnceInOrder() throws Exception {
        Path preferred = folder("preferred");
        Path toolkit = folder("toolkit/lib64").getParent();
        Path cuda13 = folder("usr/local/cuda-13.0/lib64");
        Path cuda12 = folder("usr/local/cuda-12.6/lib64");
        Path environment = folder("venv/lib/python3.12/site-packages/nvidia/cu13/lib");
        Files.createFile(Files.createDirectories(root.resolve("venv/bin")).resolve("python3"))
                .toFile()
                .setExecutable(true);
        Path user = folder("home/.local/lib/python3.11/site-packages/nvidia/cublas/lib");
        Path userRandom = folder("home/.local/lib/python3.11/site-packages/nvidia/curand/lib");

        List<Path> found = folders(Map.of(
                "LD_LIBRARY_PATH", ":" + preferred,
                "CUDA_HOME", toolkit.toString(),
                "PATH", root.resolve("venv/bin") + ":/nowhere"));

        assertEquals(preferred, found.get(0));
        assertEquals(null, found.get(1), "then the loader's own folders");
        List<Path> existing = found.stream()
                .skip(2)
                .filter(path -> path.startsWith(root) && Files.exists(path))
                .toList();
        assertEquals(List.of(toolkit.resolve("lib64"), cuda13, cuda12, environment, user, userRandom), existing);
    }

    @Test
    void aMachineWithNothingHasOnlyTheLoader() {
        assertEquals(null, folders(Map.of()).get(0));
        assertTrue(folders(Map.of()).stream().skip(1).noneMatch(Files::exists));
    }

    @Test
    void theNamedFoldersComeFirst() throws Exception {
        Path a = folder("a");
        Path b = folder("b");
        System.setProperty(LibraryFolder.PROPERTY, a + ":" + b);
        try {
            assertEquals(
                    List.of(a, b), folders(Map.of("LD_LIBRARY_PATH", "/other")).subList(0, 2));
            assertEquals(a, LibraryFolder.ofDriver().get(0).path());
        } finally {
            System.clearProperty(LibraryFolder.PROPERTY);
        }
    }
}
