package io.github.paenmf.spark;

import io.github.paenmf.backend.DeviceException;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.Weights;
import io.github.paenmf.train.PartSolver;
import io.github.paenmf.train.RowPart;
import java.io.Serializable;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.spark.SparkEnv;

/**
 * What a process has open on its devices for one fit: for each partition and device a solver, which holds the rows from epoch
 * to epoch. All on one device share its context. It is broadcast, so that each process has one, and Spark closes it when the
 * broadcast is destroyed; it may do so early, to have memory, and then solvers are opened again.
 *
 * <p>What it holds follows from the rows: a lost process loses nothing.
 */
final class DeviceSessions implements Serializable, AutoCloseable {

    private static final long serialVersionUID = 1;

    private static final Logger LOG = System.getLogger(DeviceSessions.class.getName());

    /** After a device was lost: as the command line's, of a failure that may pass. */
    private static final int DEVICE_LOST = 75;

    /** Those that no task uses at the moment; null while there is none, as after it was read. */
    private transient Map<Key, PartSolver> idle;

    private record Key(int device, int partition) {}

    /**
     * The sums of a partition.
     *
     * @param execution on which device
     * @param rows asked for where the device has not got them
     */
    Sums sums(
            int partition,
            Supplier<RowBlock.Joined> rows,
            RowPart part,
            RowParameters current,
            int step,
            Execution execution) {
        Key key = new Key(execution.device(), partition);
        try {
            PartSolver solver = take(key);
            if (solver == null) {
                solver = open(partition, rows.get(), part, execution);
            }
            Sums sums;
            try {
                sums = solver.sums(current, step);
            } catch (Throwable t) {
                solver.close();
                throw t;
            }
            putBack(key, solver);
            return sums;
        } catch (DeviceException e) {
            if (e.isFatal() && isExecutor()) {
                LOG.log(Level.ERROR, "the device is lost to this executor, which ends itself: {0}", e.getMessage());
                System.exit(DEVICE_LOST);
            }
            throw e;
        }
    }

    private PartSolver open(int partition, RowBlock.Joined rows, RowPart part, Execution execution) {
        PartSolver solver = openWithRoom(rows, part, execution);
        if (solver.isShort()) {
            LOG.log(
                    Level.WARNING,
                    "partition {0}: the device has too little memory for chunks of the usual size, and where the partition is"
                            + " made again its sums may have other bits; more partitions, or fewer tasks on a device, take less",
                    partition);
        }
        Level level = isFirst() ? Level.INFO : Level.DEBUG;
        LOG.log(level, "partition {0}, {1} rows: {2}", partition, rows.rows().rows(), solver.description());
        return solver;
    }

    /** Makes room, if there is too little, by what waits for another partition. */
    private PartSolver openWithRoom(RowBlock.Joined rows, RowPart part, Execution execution) {
        PartSolver solver = null;
        try {
            solver = part.open(rows.rows(), Weights.NONE, rows.keys(), execution);
            if (!solver.isShort() || waiting() == 0) {
                return solver;
            }
        } catch (DeviceException e) {
            if (e.isFatal() || waiting() == 0) {
                throw e;
            }
        }
        if (solver != null) {
            solver.close();
        }
        close();
        return part.open(rows.rows(), Weights.NONE, rows.keys(), execution);
    }

    /** Neither a driver nor what runs tasks in the driver's process. */
    private static boolean isExecutor() {
        return !SparkEnv.get().executorId().equals("driver");
    }

    private synchronized boolean isFirst() {
        return idle == null;
    }

    private synchronized PartSolver take(Key key) {
        return idle == null ? null : idle.remove(key);
    }

    /** Where two tasks made the sums of one partition at once, one of theirs is enough. */
    private void putBack(Key key, PartSolver solver) {
        PartSolver other;
        synchronized (this) {
            if (idle == null) {
                idle = new HashMap<>();
            }
            other = idle.put(key, solver);
        }
        if (other != null) {
            other.close();
        }
    }

    private synchronized List<PartSolver> takeAll() {
        if (idle == null) {
            return List.of();
        }
        List<PartSolver> all = List.copyOf(idle.values());
        idle.clear();
        return all;
    }

    /** How many are open and wait. */
    synchronized int waiting() {
        return idle == null ? 0 : idle.size();
    }

    /** Never waits for a task: Spark holds a lock of its memory meanwhile. */
    @Override
    public void close() {
        takeAll().forEach(PartSolver::close);
    }
}
