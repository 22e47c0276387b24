package io.github.paenmf.io;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.data.DataException;
import io.github.paenmf.model.CheckpointStore;
import io.github.paenmf.model.StateVisitor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The state of a fit in a file, which is replaced as a whole: a fit that was killed goes on from it with the bits that it
 * would have had. It is an {@code .npz} of one JSON text, {@code metadata}, with what the fit is of, and of arrays in an
 * order that releases of the same format version share; it is for the machine, and no model.
 *
 * <p>The file stays when the fit is done: it is for the program to {@linkplain #delete delete} once the model is safe.
 */
public final class CheckpointFile implements CheckpointStore {

    private static final Logger LOG = System.getLogger(CheckpointFile.class.getName());

    private static final String FORMAT = "paenmf-checkpoint";
    private static final int VERSION = 1;
    private static final String METADATA = "metadata";
    private static final String PROBLEM = "problem";
    private static final String NUMBERS = "numbers";

    private final Path file;
    private final boolean resumes;
    private final long intervalNanos;
    private final LongSupplier nanoTime;
    private long last;

    private CheckpointFile(Path file, boolean resumes, Duration interval, LongSupplier nanoTime) {
        this.file = Objects.requireNonNull(file, "file");
        this.resumes = resumes;
        this.intervalNanos = interval.toNanos();
        this.nanoTime = nanoTime;
        this.last = nanoTime.getAsLong();
    }

    /**
     * For a fit from its start.
     *
     * @param interval at least how long it takes from one checkpoint to the next
     * @throws DataException if there is such a file already: it may be all that is left of another fit
     * @throws CannotWriteException if it cannot be written
     */
    public static CheckpointFile create(Path file, Duration interval) throws IOException {
        return create(file, interval, System::nanoTime);
    }

    static CheckpointFile create(Path file, Duration interval, LongSupplier nanoTime) throws IOException {
        if (Files.exists(file)) {
            throw new DataException(file
                    + " is there already, and may be the checkpoint of another fit: go on from it, or remove it first");
        }
        AtomicFile.requireWritable(file);
        return new CheckpointFile(file, false, interval, nanoTime);
    }

    /**
     * For a fit that goes on from a checkpoint, with the same data and settings, and replaces it from time to time.
     *
     * @param interval as for {@link #create}
     * @throws DataException if the file is no checkpoint, damaged, or of another version
     * @throws IOException if it cannot be read
     */
    public static CheckpointFile resume(Path file, Duration interval) throws IOException {
        AtomicFile.requireWritable(file);
        CheckpointFile checkpoint = new CheckpointFile(file, true, interval, System::nanoTime);
        try (Npz npz = Npz.open(file)) {
            checkpoint.requireFormat(checkpoint.metadata(npz));
        }
        return checkpoint;
    }

    /** Where it is. */
    public Path file() {
        return file;
    }

    /**
     * Removes the file, if there is one.
     *
     * @throws IOException if it cannot be removed
     */
    public void delete() throws IOException {
        Files.deleteIfExists(file);
    }

    /**
     * @throws CheckpointException if the file is of another fit, or damaged
     */
    @Override
    public void load(Map<String, String> problem, Consumer<StateVisitor> state) {
        if (!resumes) {
            return;
        }
        try (Npz npz = Npz.open(file)) {
            ModelFields metadata = metadata(npz);
            requireFormat(metadata);
            requireSame(metadata.object(PROBLEM).values(), problem);
            state.accept(new Loading(npz));
        } catch (DataException e) {
            String message = e.getMessage();
            throw new CheckpointException(message.startsWith(file.toString()) ? message : file + ": " + message, e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ModelFields metadata(Npz npz) throws IOException {
        return ModelFields.of(
                file, npz.names().contains(METADATA) ? npz.array(METADATA) : null, "a checkpoint of paenmf");
    }

    private void requireFormat(ModelFields metadata) {
        if (!FORMAT.equals(metadata.values().get("format"))) {
            throw new DataException(file + " is not a checkpoint of paenmf: its metadata are those of something else");
        }
        int version = metadata.integer("version");
        if (version != VERSION) {
            throw new DataException(file + " is a checkpoint of format version " + version
                    + ", but this paenmf goes on from version " + VERSION + "; use a matching release");
        }
    }

    private void requireSame(Map<String, Object> stored, Map<String, String> problem) {
        List<String> differences = new ArrayList<>();
        problem.forEach((name, value) -> {
            Object before = stored.get(name);
            if (!value.equals(before)) {
                differences.add(name + " was " + before + " and is " + value);
            }
        });
        if (!differences.isEmpty()) {
            throw new DataException(file + " is the checkpoint of another fit: " + String.join(", ", differences)
                    + "; go on with the same data and settings");
        }
    }

    @Override
    public boolean isDue() {
        return nanoTime.getAsLong() - last >= intervalNanos;
    }

    /** Where the file cannot be written, the fit goes on, and the next time may be better: a warning says so. */
    @Override
    public void store(Map<String, String> problem, Consumer<StateVisitor> state) {
        last = nanoTime.getAsLong();
        try {
            AtomicFile.write(file, out -> {
                try (NpzWriter npz = new NpzWriter(out, false)) {
                    npz.write(METADATA, metadata(problem));
                    Storing storing = new Storing(npz);
                    state.accept(storing);
                    storing.end();
                } catch (UncheckedIOException e) {
                    throw e.getCause();
                }
            });
        } catch (CannotWriteException e) {
            LOG.log(Level.WARNING, "{0}; training goes on without this checkpoint", e.getMessage());
        }
    }

    private static String metadata(Map<String, String> problem) throws IOException {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("format", FORMAT);
        metadata.put("version", VERSION);
        metadata.put(PROBLEM, problem);
        return JSON.std.asString(metadata);
    }

    /** The name of an array, by its place. */
    private static String name(int index) {
        return "state_" + index;
    }

    private static final class Storing implements StateVisitor {

        private final NpzWriter npz;
        private final List<Double> numbers = new ArrayList<>();
        private int arrays;

        Storing(NpzWriter npz) {
            this.npz = npz;
        }

        private interface Writing {
            void write(String name) throws IOException;
        }

        private void write(Writing writing) {
            try {
                writing.write(name(arrays++));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void visit(float[] values) {
            write(name -> npz.write(name, values, values.length));
        }

        @Override
        public void visit(double[] values) {
            write(name -> npz.write(name, values, values.length));
        }

        @Override
        public double visit(double value) {
            numbers.add(value);
            return value;
        }

        void end() throws IOException {
            double[] all = numbers.stream().mapToDouble(Double::doubleValue).toArray();
            npz.write(NUMBERS, all, all.length);
        }
    }

    private final class Loading implements StateVisitor {

        private final Npz npz;
        private final double[] numbers;
        private int arrays;
        private int next;

        Loading(Npz npz) throws IOException {
            this.npz = npz;
            this.numbers = npz.array(NUMBERS).doubles();
        }

        private NpyArray read(int length) {
            try {
                NpyArray array = npz.array(name(arrays++));
                if (array.isText() || array.size() != length) {
                    throw new DataException(
                            file + " is damaged: " + array.name() + " has " + array.size() + " values, not " + length);
                }
                return array;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void visit(float[] values) {
            System.arraycopy(read(values.length).floats(), 0, values, 0, values.length);
        }

        @Override
        public void visit(double[] values) {
            System.arraycopy(read(values.length).doubles(), 0, values, 0, values.length);
        }

        @Override
        public double visit(double value) {
            if (next == numbers.length) {
                throw new DataException(file + " is damaged: it has " + next + " numbers, and more are needed");
            }
            return numbers[next++];
        }
    }
}
