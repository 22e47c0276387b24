package io.github.paenmf.cli;

import io.github.paenmf.io.AtomicFile;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What Ctrl-C (SIGINT), SIGTERM and SIGHUP do: the first ends training at the next epoch, which then saves; anywhere
 * else, or if it is not the first, it ends the process at once, without anything half-written. The exit code is 128 plus
 * the number of the signal.
 */
final class Interruption {

    private static final int SIGNALLED = 128;
    private static final Map<String, Integer> SIGNALS = Map.of("HUP", 1, "INT", 2, "TERM", 15);

    /** How a process ends; tests keep theirs. */
    interface Exit {
        /**
         * @param orderly whether shutdown hooks run
         */
        void exit(int code, boolean orderly);
    }

    private final Exit exit;

    /** Of the signal that came first; 0 as long as none has. */
    private final AtomicInteger code = new AtomicInteger();

    private volatile Runnable onRequest;
    private volatile boolean requested;
    private volatile boolean ending;

    Interruption() {
        this((code, orderly) -> {
            if (orderly) {
                System.exit(code);
            }
            Runtime.getRuntime().halt(code);
        });
    }

    Interruption(Exit exit) {
        this.exit = exit;
    }

    /**
     * From now on signals of the process are handled here. A signal that it was started to ignore, as by nohup, stays
     * ignored, and where a JVM has no signals to handle, or was told not to, it ends as it does by itself.
     */
    void install() {
        try {
            // by reflection, as javac warns of every use of these two, which no other API stands for
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            for (Map.Entry<String, Integer> each : SIGNALS.entrySet()) {
                InvocationHandler handling = (proxy, method, arguments) -> {
                    if (method.getName().equals("handle")) {
                        signalled(each.getValue());
                        return null;
                    }
                    return method.invoke(this, arguments); // of Object
                };
                Object instance = Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, handling);
                signal.getMethod("handle", signal, handler)
                        .invoke(null, signal.getConstructor(String.class).newInstance(each.getKey()), instance);
            }
        } catch (ReflectiveOperationException e) {
            return; // then the JVM ends the process at every signal
        }
    }

    /**
     * Starts the part of a command that should end in order.
     *
     * @param notice runs when the first signal comes, on a thread of its own
     */
    void defer(Runnable notice) {
        onRequest = notice;
    }

    /** Ends that part: from now on a signal ends the process at once. */
    void release() {
        onRequest = null;
    }

    /** Whether the command should come to an end. */
    boolean requested() {
        return requested;
    }

    /** Asks the command to come to an end. */
    void request() {
        requested = true;
    }

    /** Whether a signal came. */
    boolean signalled() {
        return code.get() != 0;
    }

    /** Whether the process is about to end, whatever the command does. */
    boolean ending() {
        return ending;
    }

    /** What the process ends with: of a command that a signal interrupted, the code that says which. */
    int exitCode(int ofCommand) {
        return ofCommand == ExitCode.INTERRUPTED && signalled() ? code.get() : ofCommand;
    }

    /** Handles a signal, by its number. */
    void signalled(int number) {
        boolean first = code.compareAndSet(0, SIGNALLED + number);
        Runnable notice = onRequest;
        if (first && notice != null) {
            request();
            notice.run();
            return;
        }
        ending = true;
        AtomicFile.abandonAll();
        exit.exit(SIGNALLED + number, first);
    }
}
