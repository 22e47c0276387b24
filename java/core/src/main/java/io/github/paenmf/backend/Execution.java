package io.github.paenmf.backend;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * Where and how a fit or a fitted model computes. Start from {@link #auto()} and change what matters:
 *
 * <pre>{@code
 * Execution.auto().withBackend(Backends.Choice.CUDA).withDevice(1)
 * }</pre>
 *
 * @param backend which backend
 * @param threads number of CPU threads, in [1, 1024]; with CUDA, of what is left to the CPU
 * @param chunkRows most rows in flight at once, a multiple of {@link Matrix#ROW_ALIGNMENT}, or 0 to
 *     let the backend choose
 * @param blas what makes the matrix products on the CPU; CUDA does not use it
 * @param device index of the CUDA device, at least 0
 * @param precision of the two large products on CUDA; the CPU has FP32 only
 * @param graph whether CUDA replays a recorded step rather than launch its kernels one by one
 * @param cooperative whether on CUDA a step over small data may be taken as a whole, by blocks that each keep a slice of
 *     the features, rather than stage by stage
 */
public record Execution(
        Backends.Choice backend,
        int threads,
        int chunkRows,
        Blas blas,
        int device,
        Precision precision,
        boolean graph,
        boolean cooperative) {

    private static final int MAX_THREADS = 1024;

    /**
     * @throws SettingException that names a setting out of range, and the range
     */
    public Execution {
        Objects.requireNonNull(backend, "backend");
        Objects.requireNonNull(blas, "blas");
        Objects.requireNonNull(precision, "precision");
        Setting.THREADS.require(threads, threads >= 1 && threads <= MAX_THREADS, "in [1, " + MAX_THREADS + "]");
        Setting.CHUNK_ROWS.require(
                chunkRows,
                chunkRows >= 0 && chunkRows % Matrix.ROW_ALIGNMENT == 0,
                "a multiple of " + Matrix.ROW_ALIGNMENT + ", or 0 to choose by rank");
        Setting.DEVICE.require(device, device >= 0, "at least 0");
    }

    /** The backend that {@code auto} picks; a thread for each processor; the first device in FP32, by graph. */
    public static Execution auto() {
        int processors = Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors());
        return new Execution(Backends.Choice.AUTO, processors, 0, Blas.JAVA, 0, Precision.FP32, true, true);
    }

    /**
     * Checks that every setting has an effect.
     *
     * @throws SettingException if a backend was chosen and a setting that only another uses is not at its default
     */
    public void requireEffect() {
        Map<Setting, Object> settings = settingsOfCuda();
        if (backend == Backends.Choice.CPU && !settings.isEmpty()) {
            Map.Entry<Setting, Object> first = settings.entrySet().iterator().next();
            throw new SettingException(
                    first.getKey(), first.getValue() + " has no effect on the CPU; leave it out, or choose CUDA");
        }
        if (backend == Backends.Choice.CUDA && blas != Blas.JAVA) {
            throw new SettingException(Setting.BLAS, blas + " has no effect on CUDA; leave it out, or choose the CPU");
        }
    }

    /** What differs from the defaults and has an effect on CUDA only. */
    Map<Setting, Object> settingsOfCuda() {
        Map<Setting, Object> settings = new EnumMap<>(Setting.class);
        if (device != 0) {
            settings.put(Setting.DEVICE, device);
        }
        if (precision != Precision.FP32) {
            settings.put(Setting.PRECISION, precision);
        }
        if (!graph) {
            settings.put(Setting.GRAPH, "off");
        }
        if (!cooperative) {
            settings.put(Setting.COOPERATIVE, "off");
        }
        return settings;
    }

    /** The same on another backend. */
    public Execution withBackend(Backends.Choice value) {
        return new Execution(value, threads, chunkRows, blas, device, precision, graph, cooperative);
    }

    /**
     * The same with another number of CPU threads.
     *
     * @throws SettingException if it is out of range
     */
    public Execution withThreads(int value) {
        return new Execution(backend, value, chunkRows, blas, device, precision, graph, cooperative);
    }

    /**
     * The same with other rows in flight at once.
     *
     * @throws SettingException if it is neither a multiple of {@link Matrix#ROW_ALIGNMENT} nor 0
     */
    public Execution withChunkRows(int value) {
        return new Execution(backend, threads, value, blas, device, precision, graph, cooperative);
    }

    /** The same with other matrix products on the CPU. */
    public Execution withBlas(Blas value) {
        return new Execution(backend, threads, chunkRows, value, device, precision, graph, cooperative);
    }

    /**
     * The same on another CUDA device.
     *
     * @throws SettingException if it is below 0
     */
    public Execution withDevice(int value) {
        return new Execution(backend, threads, chunkRows, blas, value, precision, graph, cooperative);
    }

    /** The same with another precision of the two large products on CUDA. */
    public Execution withPrecision(Precision value) {
        return new Execution(backend, threads, chunkRows, blas, device, value, graph, cooperative);
    }

    /** The same with or without recorded steps on CUDA. */
    public Execution withGraph(boolean value) {
        return new Execution(backend, threads, chunkRows, blas, device, precision, value, cooperative);
    }

    /** The same with or without steps that CUDA takes as a whole. */
    public Execution withCooperative(boolean value) {
        return new Execution(backend, threads, chunkRows, blas, device, precision, graph, value);
    }
}
