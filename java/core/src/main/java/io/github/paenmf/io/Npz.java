package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * An open {@code .npz} file: named arrays in NumPy's format in a zip archive, stored or deflated.
 *
 * <p>Opening reads only the directory. Nothing is ever written to the file system, and no Python object is loaded. An
 * array is read only if its declared shape agrees with the size that the archive declares and memory suffices; then its
 * length and checksum are verified.
 *
 * <p>Not safe for use by several threads at once. Messages of the exceptions start with the path.
 */
public final class Npz implements Closeable {

    private static final int MAX_ENTRIES = 100_000;
    private static final String SUFFIX = ".npy";
    private static final Pattern UNSAFE_NAME = Pattern.compile("^/|/$|//|(^|/)\\.\\.?(/|$)|[\\\\:\\p{Cntrl}]");

    private final String source;
    private final ZipFile zip;
    private final Map<String, ZipEntry> entries = new LinkedHashMap<>();

    private Npz(Path path, ZipFile zip) {
        this.source = path.toString();
        this.zip = zip;
    }

    /**
     * Opens a file.
     *
     * @throws DataException if it is not a zip archive of arrays: truncated, foreign, with an entry name that is a path
     *     outside the archive, with two entries of one name, or with sizes that cannot be
     * @throws IOException if it cannot be read
     */
    public static Npz open(Path path) throws IOException {
        String source = path.toString();
        return Sources.reading(source, () -> {
            ZipFile zip;
            try {
                zip = new ZipFile(path.toFile());
            } catch (ZipException e) {
                if (!beginsLikeZip(path)) {
                    throw new DataException("this is no .npz (zip) file, but one of another kind", e);
                }
                throw new DataException(
                        "this is not a complete .npz (zip) file: " + e.getMessage() + "; write or copy it again", e);
            }
            Npz npz = new Npz(path, zip);
            try {
                npz.readDirectory();
                return npz;
            } catch (RuntimeException e) {
                zip.close();
                throw e instanceof DataException ? e : damaged("directory", e);
            }
        });
    }

    private static boolean beginsLikeZip(Path path) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            return Sources.isZip(in.readNBytes(4));
        }
    }

    /**
     * Reads all arrays of a file, in the order in which they were written.
     *
     * @param maximumBytes refuse a file whose arrays take more bytes than this
     * @throws DataException see {@link #open} and {@link #array}; also if the arrays exceed the limit, before any is read
     * @throws IOException if the file cannot be read
     */
    public static Map<String, NpyArray> readAll(Path path, long maximumBytes) throws IOException {
        return readAll(path, maximumBytes, Map.of());
    }

    /**
     * As {@link #readAll(Path, long)}.
     *
     * @param limits the most bytes of single arrays, by name
     */
    static Map<String, NpyArray> readAll(Path path, long maximumBytes, Map<String, Long> limits) throws IOException {
        try (Npz npz = open(path)) {
            return Sources.reading(npz.source, () -> {
                double total = 0;
                for (Map.Entry<String, ZipEntry> entry : npz.entries.entrySet()) {
                    long size = entry.getValue().getSize();
                    long limit = limits.getOrDefault(entry.getKey(), Long.MAX_VALUE);
                    if (size > limit) {
                        throw new DataException("its array '" + entry.getKey() + "' takes " + size
                                + " bytes, more than the limit of " + limit + ": it is damaged or malicious");
                    }
                    total += size;
                }
                if (total > maximumBytes) {
                    throw new DataException(String.format(
                            "its arrays take %.0f bytes, more than the limit of %d", total, maximumBytes));
                }
                Map<String, NpyArray> arrays = new LinkedHashMap<>();
                for (String name : npz.entries.keySet()) {
                    arrays.put(name, npz.array(name));
                }
                return Collections.unmodifiableMap(arrays);
            });
        }
    }

    private void readDirectory() {
        for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
            ZipEntry entry = all.nextElement();
            String name = entry.getName();
            if (UNSAFE_NAME.matcher(name).find()) {
                throw new DataException("it has an entry named '" + Sources.shown(name)
                        + "', a path that no array has; such a file is not read");
            }
            if (!name.endsWith(SUFFIX)) {
                throw new DataException("it has an entry named '" + Sources.shown(name)
                        + "', which is no .npy array, so this is not an .npz file; if it is a spreadsheet, export CSV");
            }
            long size = entry.getSize();
            long compressed = entry.getCompressedSize();
            boolean stored = entry.getMethod() == ZipEntry.STORED;
            if (size < 0 || compressed < 0 || stored && size != compressed) {
                throw new DataException(
                        "its entry '" + Sources.shown(name) + "' has impossible sizes; the file is damaged");
            }
            if (size > Sources.mostInflated(compressed)) {
                throw new DataException("its entry '" + Sources.shown(name) + "' claims to expand from " + compressed
                        + " to " + size + " bytes, which no zip file can; the file is damaged or malicious");
            }
            String arrayName = name.substring(0, name.length() - SUFFIX.length());
            if (entries.put(arrayName, entry) != null) {
                throw new DataException("it has two entries named '" + Sources.shown(name) + "'; write it again");
            }
            if (entries.size() > MAX_ENTRIES) {
                throw new DataException("it has more than " + MAX_ENTRIES + " entries");
            }
        }
    }

    /** The names of the arrays, in the order in which they were written. */
    public Set<String> names() {
        return Collections.unmodifiableSet(entries.keySet());
    }

    /**
     * Reads one array into memory, whatever its type and dimensions.
     *
     * @throws DataException if there is none of that name, it is damaged or of an unsupported type, or memory does not
     *     suffice
     * @throws IOException if the file cannot be read
     */
    public NpyArray array(String name) throws IOException {
        return read(name, (header, reader) -> reader.readArray(name));
    }

    /**
     * Reads one array as a matrix; all dimensions but the first together are the columns.
     *
     * @throws DataException as {@link #array}; also if the array is text or has fewer than two dimensions
     * @throws IOException if the file cannot be read
     */
    public Matrix matrix(String name) throws IOException {
        return matrix(name, ReadOptions.defaults());
    }

    Matrix matrix(String name, ReadOptions options) throws IOException {
        return read(name, (header, reader) -> reader.readMatrix(options));
    }

    NpyHeader header(String name) throws IOException {
        return read(name, null);
    }

    private interface ArrayReading<T> {
        T read(NpyHeader header, NpyReader reader) throws IOException;
    }

    /** Reads one array and verifies it; only the header, which is then the result, if {@code reading} is null. */
    @SuppressWarnings("unchecked")
    private <T> T read(String name, ArrayReading<T> reading) throws IOException {
        return reading(name, () -> {
            try (NpzStream stream = openStream(name)) {
                if (reading == null) {
                    return (T) stream.header();
                }
                T result = reading.read(stream.header(), stream.reader());
                stream.verifyEnd();
                return result;
            }
        });
    }

    /**
     * Opens one array, to be read in pieces while others are open, too.
     *
     * @throws DataException as {@link #array}
     */
    NpzStream open(String name) throws IOException {
        return reading(name, () -> openStream(name));
    }

    private NpzStream openStream(String name) throws IOException {
        ZipEntry entry = entries.get(name);
        return NpzStream.open(zip.getInputStream(entry), entry.getSize(), entry.getCrc());
    }

    /** Reads from one array; what is wrong with it is reported under its name. */
    <T> T reading(String name, Sources.Reading<T> reading) throws IOException {
        return Sources.reading(source, () -> {
            if (!entries.containsKey(name)) {
                throw new DataException(
                        "there is no array '" + name + "' in it; there " + (entries.size() == 1 ? "is " : "are ")
                                + (entries.isEmpty() ? "none" : list(entries.keySet())));
            }
            try {
                return reading.read();
            } catch (DataException e) {
                throw new DataException("array '" + name + "': " + e.getMessage(), e);
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                throw damaged("entry '" + name + "'", e);
            }
        });
    }

    private static String list(Set<String> names) {
        String all = String.join(", ", names);
        return all.length() > 200 ? all.substring(0, 200) + "…" : all;
    }

    /** The JDK meets some damage with an unchecked exception. */
    private static DataException damaged(String what, RuntimeException cause) {
        return new DataException(
                "its " + what + " is damaged (" + cause.getMessage() + "); write or copy it again", cause);
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
