package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.RowSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A directory as 10x Genomics' Cell Ranger writes it: {@code matrix.mtx}, features × cells; {@code features.tsv}
 * ({@code genes.tsv} before version 3) with id, name and type of each feature; {@code barcodes.tsv} with one cell per line;
 * each of them as it is or as {@code .gz}, and all with the same prefix, if any, as archives of data give them.
 *
 * <p>The result is cells × features. Rows are named by barcodes, columns by the features' names, made unique as AnnData
 * does ({@link UniqueNames}), or by ids where there are no names. Features of every type become columns.
 */
final class TenxDirectory {

    private static final String MATRIX = "matrix.mtx";
    private static final String BARCODES = "barcodes.tsv";
    private static final List<String> FEATURES = List.of("features.tsv", "genes.tsv");
    private static final String GZIP = ".gz";

    private final Path directory;
    private final List<String> files;
    private final ReadOptions options;
    private final ReadListener listener;

    private TenxDirectory(Path directory, ReadOptions options, ReadListener listener) throws IOException {
        this.directory = directory;
        this.files = list(directory);
        this.options = options;
        this.listener = listener;
    }

    private static List<String> list(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    /** Whether a directory has the matrix, or both other files. */
    static boolean matches(Path directory) throws IOException {
        List<String> files = list(directory);
        return files.stream().anyMatch(file -> isOneOf(file, MATRIX))
                || files.stream().anyMatch(file -> isOneOf(file, BARCODES))
                        && files.stream().anyMatch(file -> isOneOf(file, FEATURES.get(0), FEATURES.get(1)));
    }

    private static boolean isOneOf(String file, String... names) {
        for (String name : names) {
            if (file.endsWith(name) || file.endsWith(name + GZIP)) {
                return true;
            }
        }
        return false;
    }

    static RowSource read(Path directory, ReadOptions options, ReadListener listener) throws IOException {
        return new TenxDirectory(directory, options, listener).read();
    }

    private RowSource read() throws IOException {
        String matrix = find(MATRIX);
        String features = find(FEATURES.get(0), FEATURES.get(1));
        String barcodes = find(BARCODES);
        List<String> featureNames = featureNames(features);
        List<String> cells =
                lines(barcodes).stream().map(line -> line.split("\t", -1)[0]).toList();
        RowSource data = Sources.reading(matrix, () -> {
            try (InputStream in = open(matrix)) {
                MatrixMarketFormat format = MatrixMarketFormat.open(in);
                requireShape(format, features, featureNames.size(), barcodes, cells.size());
                return format.read(options.withTranspose(!options.transpose()));
            }
        });
        return options.transpose() ? data.withNames(featureNames, cells) : data.withNames(cells, featureNames);
    }

    /** The file that has one of some names, behind any prefix. */
    private String find(String... names) {
        List<String> found = files.stream().filter(file -> isOneOf(file, names)).toList();
        if (found.isEmpty()) {
            throw new DataException("this directory has other files of 10x data, but no " + names[0] + GZIP + " or "
                    + names[0] + (names.length > 1 ? " (nor " + names[1] + ")" : "")
                    + "; put it there, or give the .mtx file itself for features × cells without names");
        }
        if (found.size() > 1) {
            throw new DataException("this directory has several files for one part of 10x data, "
                    + String.join(" and ", found.subList(0, 2)) + "; leave one there");
        }
        return found.get(0);
    }

    private List<String> featureNames(String file) throws IOException {
        List<String> names = new ArrayList<>();
        Map<String, Integer> types = new LinkedHashMap<>();
        for (String line : lines(file)) {
            String[] cells = line.split("\t", -1);
            names.add(cells.length > 1 && !cells[1].isEmpty() ? cells[1] : cells[0]);
            if (cells.length > 2) {
                types.merge(cells[2], 1, Integer::sum);
            }
        }
        if (types.size() > 1) {
            listener.note("features of all types become columns: "
                    + types.entrySet().stream()
                            .limit(5)
                            .map(type -> type.getValue() + " of " + Sources.shown(type.getKey()))
                            .collect(Collectors.joining(", ")));
        }
        return UniqueNames.of(names);
    }

    private List<String> lines(String file) throws IOException {
        return Sources.reading(file, () -> {
            List<String> lines = new ArrayList<>();
            try (BufferedReader reader =
                    new BufferedReader(new InputStreamReader(open(file), StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    if (line.isBlank()) {
                        throw new DataException("line " + (lines.size() + 1) + " is empty; it should name a "
                                + (isOneOf(file, BARCODES) ? "cell" : "feature"));
                    }
                    lines.add(line);
                }
            }
            return lines;
        });
    }

    private InputStream open(String file) throws IOException {
        return Sources.unpacked(Files.newInputStream(directory.resolve(file)));
    }

    private static void requireShape(
            MatrixMarketFormat matrix, String featureFile, int features, String barcodeFile, int cells) {
        if (matrix.rows() == features && matrix.columns() == cells) {
            return;
        }
        boolean turned = matrix.rows() == cells && matrix.columns() == features;
        throw new DataException("the matrix is " + matrix.rows() + " × " + matrix.columns() + ", but " + featureFile
                + " names " + features + " features and " + barcodeFile + " " + cells + " cells; "
                + (turned
                        ? "it seems to be cells × features: transpose it, as 10x data are features × cells"
                        : "take all three files from the same directory"));
    }
}
