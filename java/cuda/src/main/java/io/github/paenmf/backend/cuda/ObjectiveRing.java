package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Sums;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.BiFunction;
import jcuda.driver.CUdeviceptr;

/** What the last updates have left on the device for their objectives, and what the host knows of them. */
final class ObjectiveRing {

    /** Most updates whose objectives wait. */
    static final int ENTRIES = 64;

    private final DeviceWorkspace device;
    private final int values;
    private final DeviceBuffer ring;
    private final Deque<Sums> pending = new ArrayDeque<>();

    /**
     * Allocates.
     *
     * @param values how many numbers an update leaves
     */
    ObjectiveRing(DeviceWorkspace device, int values) {
        this.device = device;
        this.values = values;
        this.ring = device.allocate(8L * values * ENTRIES, "losses");
    }

    /** Double, {@link #ENTRIES} × values. */
    CUdeviceptr pointer() {
        return ring.pointer();
    }

    /** Checks that one more update may run. */
    void requireRoom() {
        if (pending.size() == ENTRIES) {
            throw new IllegalStateException(ENTRIES + " losses are waiting to be taken");
        }
    }

    /** Checks that all objectives have been taken. */
    void requireTaken() {
        if (!pending.isEmpty()) {
            throw new IllegalStateException(pending.size() + " losses are waiting to be taken");
        }
    }

    /** Adds an update; rows, squared norm and residual of its step are kept. */
    void add(Sums step) {
        Sums kept = new Sums(0, 0, 0, 0);
        kept.addScalars(step);
        pending.add(kept);
    }

    /**
     * The objectives that wait, oldest first; waits for the device if there is one.
     *
     * @param updates how many there have been so far
     */
    List<Objective> take(int updates, BiFunction<double[], Sums, Objective> objective) {
        if (pending.isEmpty()) {
            return List.of();
        }
        double[] entries = new double[values * ENTRIES];
        ring.download(entries, device.stream());
        List<Objective> taken = new ArrayList<>(pending.size());
        for (int update = updates - pending.size(); !pending.isEmpty(); update++) {
            int at = Integer.remainderUnsigned(update, ENTRIES) * values;
            taken.add(objective.apply(Arrays.copyOfRange(entries, at, at + values), pending.remove()));
        }
        return taken;
    }
}
