package io.github.paenmf.spark;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/** What a task computes on: what Spark has given it. */
final class TaskExecution {

    private static final Logger LOG = System.getLogger(TaskExecution.class.getName());

    private static final String GPU = "gpu";

    private TaskExecution() {}

    /** As many threads as the task has been given processors. */
    static Execution ofProcessors() {
        return Execution.auto()
                .withBackend(Backends.Choice.CPU)
                .withThreads(TaskContext.get().cpus());
    }

    /**
     * The first device of the task's resource {@code gpu}, and no other in its place: processors round otherwise, and a
     * partition that is made again would have other sums. Processors where it has none, or the library for devices is not
     * there.
     */
    static Execution ofDevice() {
        ResourceInformation devices = TaskContext.get().resourcesJMap().get(GPU);
        if (devices == null || devices.addresses().length == 0) {
            return ofProcessors();
        }
        if (!Backends.hasDeviceLibrary()) {
            LOG.log(
                    Level.WARNING,
                    "the task has a gpu, but the library paenmf-cuda is not on the class path; it computes on processors");
            return ofProcessors();
        }
        String address = devices.addresses()[0];
        int index;
        try {
            index = Integer.parseInt(address.trim());
        } catch (NumberFormatException e) {
            throw new IllegalStateException(
                    "the address of the task's gpu is '" + address
                            + "', not the index of a device: have the discovery script give indices, 0, 1, ...",
                    e);
        }
        return ofProcessors().withBackend(Backends.Choice.CUDA).withDevice(index);
    }
}
