package io.github.paenmf.cli;

import java.util.concurrent.CountDownLatch;

/**
 * Lets Ctrl-C end training at the next epoch and save, rather than end the process.
 *
 * <p>On SIGINT (and SIGTERM) the JVM runs its shutdown hooks while other threads go on, and exits with 130 (143) once the
 * hooks are done. This hook asks training to stop and then waits until the whole command is finished.
 */
final class Interruption {

    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile Runnable onRequest;
    private volatile boolean requested;

    /** From now on the JVM's end waits for a command that {@link #defer} was called for. */
    void install() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::onShutdown, "interruption"));
    }

    /**
     * Starts the part of a command that should end in order.
     *
     * @param notice runs when the user asks to stop
     */
    void defer(Runnable notice) {
        onRequest = notice;
    }

    /** Whether the command should come to an end. */
    boolean requested() {
        return requested;
    }

    /** Asks the command to come to an end. */
    void request() {
        requested = true;
    }

    /** Says that the command is finished: the JVM may end. */
    void finish() {
        finished.countDown();
    }

    private void onShutdown() {
        Runnable notice = onRequest;
        if (notice == null || finished.getCount() == 0) {
            return;
        }
        request();
        notice.run();
        try {
            finished.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // somebody insists: let the JVM end at once
        }
    }
}
