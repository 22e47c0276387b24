package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.io.ReadOptions.Decimal;
import io.github.paenmf.io.ReadOptions.Presence;
import io.github.paenmf.io.ReadOptions.Storage;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;

/**
 * Reads a matrix, one sample per row, from whatever holds it. The content decides about the format, not the name:
 *
 * <ul>
 *   <li>text tables (CSV, TSV, …): delimiter, header and row names are detected, see {@link ReadOptions}
 *   <li>{@code .npy}: two or more dimensions; all but the first together are the columns
 *   <li>{@code .npz}: the array named after {@code #} in the input, or called data, X or V, or the only one; names from
 *       the arrays rows and columns; or a sparse matrix as SciPy saves it (CSR, CSC, COO)
 *   <li>MatrixMarket, coordinate and array
 *   <li>svmlight (libsvm): labels are passed over; indices count from 1, unless there is an index 0
 *   <li>a directory of 10x Genomics: {@code matrix.mtx}, {@code features.tsv} or {@code genes.tsv}, and
 *       {@code barcodes.tsv}, each also as {@code .gz}. It is turned round to cells × features. Columns are named by the
 *       features' names; where one repeats, the second becomes NAME-1 and so on, as AnnData's
 *       {@code var_names_make_unique} does
 *   <li>with the library {@code paenmf-formats}: HDF5, read slice by slice: {@code .h5ad} of AnnData (X, or a layer or
 *       {@code raw/X}), {@code .h5} of 10x Genomics and {@code .loom}, samples × features, features named as those of 10x
 *       directories. Chunks that were never written stand for 0; with another fill value they are refused. The HDF5
 *       library, jHDF, logs through SLF4J
 *   <li>IDX (MNIST and the like), images flattened
 *   <li>{@code .vblk}, blocks of rows ({@link BlockFile}); these and {@code .npy} can be larger than memory, with
 *       {@link ReadOptions#withMemory}
 *   <li>with the library {@code paenmf-formats}: a directory of PGM or PNG images of one size: one image per row
 *   <li>{@code demo:digits}: 1797 images of handwritten digits, 8 × 8, that come with the library
 * </ul>
 *
 * <p>All but {@code .npz}, {@code .vblk} and HDF5 may be compressed with gzip. Entries of a sparse matrix may come in any order; those of the
 * same place are added, and those that are 0 are dropped. {@link #readData(String, ReadOptions)} keeps a sparse matrix
 * sparse, {@link #read(String, ReadOptions)} makes it dense. Values may be anything that a float
 * holds, NaN and negative ones too: {@link Matrix#requireNonNegative} is up to the caller. Empty cells and NA of a text
 * table, and 1e308 of MatrixMarket, which R writes for NA, are refused, or NaN with {@link ReadOptions#withMissing}.
 * Text tables are parsed in the common pool of {@link java.util.concurrent.ForkJoinPool}, too.
 */
public final class MatrixReader {

    /** The input that stands for the bundled digits. */
    public static final String DEMO_DIGITS = "demo:digits";

    private static final Logger LOG = System.getLogger(MatrixReader.class.getName());
    private static final String DEMO = "demo:";
    private static final String DIGITS_RESOURCE = "digits.npy.gz";
    private static final String FORMATS =
            "CSV or TSV, .npy, .npz, .vblk, MatrixMarket, svmlight, HDF5, IDX, or a directory of 10x data or of images";

    /** How far the detection looks ahead. */
    private static final int HEAD_BYTES = 1 << 16;

    private MatrixReader() {}

    /**
     * Reads a dense matrix with {@link ReadOptions#defaults()}.
     *
     * @param input as for {@link #read(String, ReadOptions)}
     * @throws DataException if the content cannot be used
     * @throws NoSuchFileException if there is no such input
     * @throws IOException if the input cannot be read
     */
    public static Matrix read(String input) throws IOException {
        return read(input, ReadOptions.defaults());
    }

    /**
     * Reads a dense matrix, also where the input is sparse.
     *
     * @param input a path, a path of an {@code .npz} file with {@code #} and the name of an array, or
     *     {@code demo:digits}
     * @param options their storage is {@link Storage#AUTO} or {@link Storage#DENSE}
     * @return the matrix, with the names of rows and columns if the input has some
     * @throws IllegalArgumentException if the options ask for sparse storage, or for data on the disk
     * @throws DataException if the content cannot be used, or not in the memory that there is; the message starts with
     *     the input
     * @throws NoSuchFileException if there is no such input
     * @throws IOException if the input cannot be read
     */
    public static Matrix read(String input, ReadOptions options) throws IOException {
        return read(input, options, log(input));
    }

    /**
     * As {@link #read(String, ReadOptions)}.
     *
     * @param listener hears how the input was read
     * @throws IOException as there
     */
    public static Matrix read(String input, ReadOptions options, ReadListener listener) throws IOException {
        if (options.storage() == Storage.SPARSE) {
            throw new IllegalArgumentException("sparse data are no Matrix: read them with readData");
        }
        if (options.memory() > 0) {
            throw new IllegalArgumentException("data on the disk are no Matrix: read them with readData");
        }
        return (Matrix) readData(input, options.withStorage(Storage.DENSE), listener);
    }

    /**
     * Reads data, dense or sparse as {@link ReadOptions#storage()} says.
     *
     * @param input as for {@link #read(String, ReadOptions)}
     * @return a {@link Matrix} or a {@link SparseMatrix}, or with {@link ReadOptions#memory} rows on the disk, with the names of rows and columns if the input has some
     * @throws DataException if the content cannot be used, or not in the memory that there is; the message starts with
     *     the input
     * @throws NoSuchFileException if there is no such input
     * @throws IOException if the input cannot be read
     */
    public static RowSource readData(String input, ReadOptions options) throws IOException {
        return readData(input, options, log(input));
    }

    /**
     * As {@link #readData(String, ReadOptions)}.
     *
     * @param listener hears how the input was read
     * @throws IOException as there
     */
    public static RowSource readData(String input, ReadOptions options, ReadListener listener) throws IOException {
        if (input.startsWith(DEMO)) {
            return readDemo(input, options, listener);
        }
        Path path = path(input);
        String member = null;
        int hash = input.lastIndexOf('#');
        if (hash > 0 && !Files.exists(path)) {
            Path archive = path(input.substring(0, hash));
            if (Files.isRegularFile(archive)) {
                path = archive;
                member = input.substring(hash + 1);
            }
        }
        if (!Files.exists(path)) {
            boolean standard = input.equals("-");
            throw new NoSuchFileException(
                    input,
                    null,
                    "there is no such file or directory" + (standard ? "; standard input is /dev/stdin" : ""));
        }
        if (!Files.isReadable(path)) {
            throw new AccessDeniedException(input, null, "permission denied; it cannot be read");
        }
        Path found = path;
        String array = member;
        return Sources.reading(found.toString(), () -> stored(read(found, array, options, listener), options));
    }

    /**
     * Whether an input can stay on the disk and be read block by block ({@link ReadOptions#withMemory}): a {@code .vblk}, or
     * an {@code .npy} in C order, that is a file and not compressed.
     *
     * @throws IOException if it cannot be read
     */
    public static boolean staysOnDisk(String input) throws IOException {
        return !input.startsWith(DEMO) && PagedFiles.canOpen(path(input));
    }

    private static ReadListener log(String input) {
        return new ReadListener() {
            @Override
            public void note(String note) {
                LOG.log(Level.DEBUG, "{0}: {1}", input, note);
            }
        };
    }

    /** Data in the form that is asked for, if they were read in another; those on the disk are. */
    private static RowSource stored(RowSource data, ReadOptions options) {
        if (options.memory() > 0) {
            return data;
        }
        if (data instanceof SparseMatrix sparse) {
            if (options.storesSparse(data.rows(), data.columns(), sparse.nonzeros())) {
                return data;
            }
            try {
                options.requireWithinLimit(data.rows(), data.columns());
                return Matrix.of(data);
            } catch (DataException e) {
                throw ReadOptions.becomesDense(e);
            }
        }
        return options.storage() == Storage.SPARSE ? SparseMatrix.of(data) : data;
    }

    private static Path path(String input) throws NoSuchFileException {
        try {
            return Path.of(input);
        } catch (InvalidPathException e) {
            throw new NoSuchFileException(input, null, "this cannot be the name of a file: " + e.getReason());
        }
    }

    private static RowSource readDemo(String input, ReadOptions options, ReadListener listener) throws IOException {
        if (options.memory() > 0) {
            throw new DataException(input + ": the demonstration is in memory, and has nothing to leave on the disk");
        }
        if (!input.equals(DEMO_DIGITS)) {
            throw new NoSuchFileException(input, null, "there is no such demonstration; there is " + DEMO_DIGITS);
        }
        try (InputStream in = MatrixReader.class.getResourceAsStream(DIGITS_RESOURCE)) {
            if (in == null) {
                throw new NoSuchFileException(input, null, "this build of the library lacks the bundled digits");
            }
            return Sources.reading(input, () -> stored(readStream(in, -1, input, options, listener), options));
        }
    }

    private static RowSource read(Path path, String member, ReadOptions options, ReadListener listener)
            throws IOException {
        if (options.memory() > 0) {
            requireNoTableOptions(options, "read from the disk");
            return PagedFiles.open(path, options, listener);
        }
        if (Files.isDirectory(path) && TenxDirectory.matches(path)) {
            requireNoTableOptions(options, "a directory of 10x data");
            listener.format("10x directory, cells × features");
            return TenxDirectory.read(path, options, listener);
        }
        if (Files.isDirectory(path)) {
            InputFormat format = InputFormats.ofDirectory(path);
            return read(format, path, options, listener);
        }
        long size = Files.isRegularFile(path) ? Files.size(path) : -1; // a pipe does not know its size
        // A stream over a channel asks for its position, which a pipe does not have; the other copies more.
        try (InputStream in = size < 0 ? new FileInputStream(path.toFile()) : Files.newInputStream(path)) {
            PushbackInputStream start = new PushbackInputStream(in, 4);
            byte[] magic = start.readNBytes(4);
            if (Sources.isZip(magic)) {
                if (size < 0) {
                    throw new DataException("an .npz file cannot be read from a pipe; give a file");
                }
                requireNoTableOptions(options, "an .npz file");
                return NpzMatrix.read(path, member, options, listener);
            }
            if (member != null) {
                throw new DataException("this is not an .npz file, so there is no array '" + member + "' in it");
            }
            start.unread(magic);
            return readStream(start, size, path.toString(), options, listener);
        }
    }

    private static RowSource read(InputFormat format, Path path, ReadOptions options, ReadListener listener)
            throws IOException {
        requireNoTableOptions(format.hasLayers() ? options.withLayer("") : options, format.title());
        RowSource data = format.read(path, options, listener);
        return options.transpose()
                ? data.withNames(UniqueNames.of(data.rowNames()), data.columnNames())
                : data.withNames(data.rowNames(), UniqueNames.of(data.columnNames()));
    }

    /**
     * Reads what is not an archive.
     *
     * @param size bytes in the stream, less than 0 if not known
     */
    private static RowSource readStream(
            InputStream raw, long size, String name, ReadOptions options, ReadListener listener) throws IOException {
        PushbackInputStream in = new PushbackInputStream(raw, HEAD_BYTES);
        byte[] head = lookAhead(in);
        long available = size;
        boolean compressed = Sources.isGzip(head);
        if (compressed) {
            in = new PushbackInputStream(new GZIPInputStream(in, HEAD_BYTES), HEAD_BYTES);
            head = lookAhead(in);
            available = size < 0 ? -1 : Sources.mostInflated(size);
        }
        if (head.length == 0) {
            throw new DataException("the file is empty");
        }
        if (Sources.isZip(head)) {
            throw new DataException("an .npz file inside a gzip file cannot be read; unpack it with gunzip first");
        }
        InputFormat format = InputFormats.ofFile(head);
        if (format != null) {
            if (compressed || size < 0) {
                throw new DataException(format.title() + " cannot be read from "
                        + (compressed ? "inside a gzip file; unpack it with gunzip first" : "a pipe; give a file"));
            }
            return read(format, Path.of(name), options, listener);
        }
        boolean npy = NpyHeader.matches(head);
        if (npy || IdxFormat.matches(head)) {
            requireNoTableOptions(options, npy ? "an .npy file" : "an IDX file");
            listener.format(npy ? ".npy" : "IDX");
            NpyHeader header = npy ? NpyHeader.read(in) : IdxFormat.readHeader(in);
            NpyReader.checkSize(header, available, !compressed);
            NpyReader reader = new NpyReader(in, header);
            Matrix matrix = reader.readMatrix(options);
            reader.requireEnd();
            return matrix;
        }
        byte[] text = withoutMark(head);
        if (MatrixMarketFormat.matches(text)) {
            in.skipNBytes(head.length - text.length);
            requireNoTableOptions(options, "a MatrixMarket file");
            listener.format("MatrixMarket");
            return MatrixMarketFormat.open(in).read(options);
        }
        requireText(head, name);
        if (SvmlightFormat.matches(new String(text, StandardCharsets.ISO_8859_1))) {
            in.skipNBytes(head.length - text.length);
            requireNoTableOptions(options, "a file of svmlight (libsvm)");
            listener.format("svmlight");
            return SvmlightFormat.read(in, options);
        }
        requireNoLayer(options, "a text table");
        return CsvFormat.read(in, head, options, listener);
    }

    /** What follows the byte order mark of UTF-8, if there is one. */
    private static byte[] withoutMark(byte[] head) {
        boolean marked =
                head.length > 3 && (head[0] & 0xff) == 0xef && (head[1] & 0xff) == 0xbb && (head[2] & 0xff) == 0xbf;
        return marked ? Arrays.copyOfRange(head, 3, head.length) : head;
    }

    private static void requireNoLayer(ReadOptions options, String found) {
        if (!options.layer().isEmpty()) {
            throw new DataException("this is " + found + ", which has no layers; leave the layer out");
        }
    }

    /** Refuses options that have no effect. */
    private static void requireNoTableOptions(ReadOptions options, String found) {
        requireNoLayer(options, found);
        if (options.delimiter() != ReadOptions.DETECT_DELIMITER
                || options.header() != Presence.AUTO
                || options.rowNames() != Presence.AUTO
                || options.decimal() != Decimal.AUTO) {
            throw new DataException(
                    "this is " + found
                            + ", on which the delimiter, header, row names and decimals of text tables have no effect; leave them out");
        }
    }

    private static byte[] lookAhead(PushbackInputStream in) throws IOException {
        byte[] head = in.readNBytes(HEAD_BYTES);
        in.unread(head);
        return head;
    }

    /** Refuses what cannot be a text table, before the parser finds strange cells in it. */
    private static void requireText(byte[] head, String name) {
        String lower = name.toLowerCase(Locale.ROOT).replaceFirst("\\.gz$", "");
        for (String extension : List.of(".npy", ".npz", ".mtx", ".h5ad", ".h5", ".loom")) {
            if (lower.endsWith(extension)) {
                throw new DataException("the name ends in " + extension
                        + ", but the content does not begin like one; the file is damaged or misnamed");
            }
        }
        String start = new String(head, 0, Math.min(4, head.length), StandardCharsets.ISO_8859_1);
        if (start.equals("\u0089PNG") || start.matches("(?s)P[1-6]\\s.*")) {
            throw new DataException("this is a single image; give a directory of images of one size instead");
        }
        boolean utf16 = start.startsWith("\u00ff\u00fe") || start.startsWith("\u00fe\u00ff");
        for (int i = 0; i < head.length && !utf16; i++) {
            if (head[i] == 0) {
                throw new DataException("the format is not known; give " + FORMATS);
            }
        }
    }
}
