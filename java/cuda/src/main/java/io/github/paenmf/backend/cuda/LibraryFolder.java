package io.github.paenmf.backend.cuda;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Where a library of CUDA may be.
 *
 * @param name for messages
 * @param path null for wherever the system's loader looks
 */
record LibraryFolder(String name, Path path) {

    /** A folder, or several with the path separator between them, that come before all others. */
    static final String PROPERTY = "paenmf.cuda.path";

    private static final LibraryFolder LOADER = new LibraryFolder("the system's library folders", null);

    static List<LibraryFolder> ofDriver() {
        List<LibraryFolder> folders = named();
        folders.add(LOADER);
        Stream.of("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/local/nvidia/lib64", "/usr/lib/wsl/lib")
                .forEach(path -> add(folders, path, Path.of(path)));
        return folders;
    }

    static List<LibraryFolder> ofToolkit() {
        return ofToolkit(System.getenv(), Path.of("/"), Path.of(System.getProperty("user.home")));
    }

    /** With everything that it depends on but the property: environment, root of the file system and home. */
    static List<LibraryFolder> ofToolkit(Map<String, String> environment, Path root, Path home) {
        List<LibraryFolder> folders = named();
        addAll(folders, "LD_LIBRARY_PATH", environment.get("LD_LIBRARY_PATH"));
        folders.add(LOADER);
        for (String variable : List.of("CUDA_HOME", "CUDA_PATH", "CONDA_PREFIX")) {
            for (Path toolkit : paths(environment.get(variable))) {
                add(folders, variable, toolkit.resolve("lib64"));
                add(folders, variable, toolkit.resolve("lib"));
            }
        }
        for (Path toolkit : matches(root.resolve("usr/local"), "cuda*")) {
            add(folders, "/usr/local/cuda*/lib64", toolkit.resolve("lib64"));
        }
        add(folders, "/usr/lib/x86_64-linux-gnu", root.resolve("usr/lib/x86_64-linux-gnu"));
        List<Path> pythons = new ArrayList<>();
        for (Path bin : paths(environment.get("PATH"))) {
            if (Files.isExecutable(bin.resolve("python3")) && bin.getParent() != null) {
                pythons.add(bin.getParent());
            }
        }
        pythons.addAll(List.of(root.resolve("usr"), root.resolve("usr/local"), home.resolve(".local")));
        pythons.addAll(matches(home.resolve(".pyenv/versions"), "*"));
        for (Path prefix : pythons) {
            for (Path python : matches(prefix.resolve("lib"), "python3*")) {
                for (String packages : List.of("site-packages", "dist-packages")) {
                    for (String wheel : List.of("nvidia/cublas/lib", "nvidia/curand/lib", "nvidia/cu13/lib")) {
                        add(
                                folders,
                                "Python's packages",
                                python.resolve(packages).resolve(wheel));
                    }
                }
            }
        }
        return folders;
    }

    private static List<LibraryFolder> named() {
        List<LibraryFolder> folders = new ArrayList<>();
        addAll(folders, "-D" + PROPERTY, System.getProperty(PROPERTY));
        return folders;
    }

    private static void addAll(List<LibraryFolder> folders, String name, String paths) {
        paths(paths).forEach(path -> add(folders, name, path));
    }

    private static void add(List<LibraryFolder> folders, String name, Path path) {
        folders.add(new LibraryFolder(name, path.toAbsolutePath()));
    }

    private static List<Path> paths(String separated) {
        return separated == null
                ? List.of()
                : Stream.of(separated.split(File.pathSeparator, -1))
                        .filter(path -> !path.isEmpty())
                        .map(Path::of)
                        .toList();
    }

    /** The highest version first. */
    private static List<Path> matches(Path folder, String glob) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, glob)) {
            List<Path> matches = new ArrayList<>();
            entries.forEach(matches::add);
            matches.sort((a, b) -> b.toString().compareTo(a.toString()));
            return matches;
        } catch (IOException e) {
            return List.of(); // no such folder here
        }
    }

    boolean isLoader() {
        return path == null;
    }

    boolean mayHave(String library) {
        return isLoader() ? SystemLoader.mayFind(library) : Files.exists(path.resolve(library));
    }

    /** The file of a library, where this is a folder that has it. */
    Stream<Path> file(String library) {
        return isLoader() ? Stream.empty() : Stream.of(path.resolve(library)).filter(Files::exists);
    }
}
