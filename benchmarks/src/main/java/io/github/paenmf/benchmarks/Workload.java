package io.github.paenmf.benchmarks;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.model.PaeConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A matrix to factorise and a rank: the sets of the paper, and two large ones.
 *
 * @param name of the workload
 * @param file of the data, without its {@code .npy}; two workloads may share one
 * @param rows n
 * @param columns m
 * @param rank r
 * @param epochs of the fit whose error benchmarks/README.md states, or 0
 */
public record Workload(String name, String file, int rows, int columns, int rank, int epochs) {

    private static final List<Workload> ALL = List.of(
            new Workload("faces81", "faces", 2429, 361, 81, 1200),
            new Workload("faces9", "faces", 2429, 361, 9, 800),
            new Workload("genes", "genes", 38, 5000, 3, 500),
            new Workload("prices", "prices", 94, 1305, 9, 2000),
            new Workload("large", "large", 100_000, 2000, 64, 0),
            new Workload("images", "images", 60_000, 784, 128, 0));

    /** The same in small, to rehearse with. */
    private static final List<Workload> QUICK = List.of(
            new Workload("faces81", "faces", 97, 61, 21, 20),
            new Workload("faces9", "faces", 97, 61, 9, 20),
            new Workload("genes", "genes", 38, 130, 3, 20),
            new Workload("prices", "prices", 31, 105, 9, 20),
            new Workload("large", "large", 1000, 65, 16, 0),
            new Workload("images", "images", 513, 49, 32, 0));

    /**
     * All of them.
     *
     * @param quick whether to make them small
     */
    public static List<Workload> all(boolean quick) {
        return quick ? QUICK : ALL;
    }

    /**
     * @throws IllegalArgumentException that names those there are
     */
    public static Workload named(String name, boolean quick) {
        return all(quick).stream()
                .filter(workload -> workload.name.equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("workload must be one of "
                        + Arrays.toString(
                                all(quick).stream().map(Workload::name).toArray())
                        + ", not " + name));
    }

    /** Names of the data files of workloads, each once. */
    public static List<String> files(List<Workload> workloads) {
        return workloads.stream().map(Workload::file).distinct().collect(Collectors.toList());
    }

    /** What {@code paenmf fit} does with no option but the rank. */
    public PaeConfiguration configuration() {
        return PaeNmf.builder().rank(rank).build().configuration();
    }

    /**
     * The data: {@code <file>.npy} of a folder where there is one, otherwise made.
     *
     * @param folder may be null
     */
    public Matrix data(Path folder) {
        Path path = folder == null ? null : folder.resolve(file + ".npy");
        if (path == null || !Files.exists(path)) {
            return SyntheticData.of(rows, columns);
        }
        try {
            return MatrixReader.read(path.toString());
        } catch (IOException e) {
            throw new IllegalStateException("cannot read " + path, e);
        }
    }
}
