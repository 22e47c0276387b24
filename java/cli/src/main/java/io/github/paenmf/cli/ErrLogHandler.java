package io.github.paenmf.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Prints log messages on the command's stderr, one line each, as stdout belongs to results. */
final class ErrLogHandler extends Handler {

    /** Held, since the log manager forgets the level of a logger that nobody holds. */
    private static final Logger OURS = Logger.getLogger("io.github.paenmf");

    private final PrintWriter err;

    private ErrLogHandler(PrintWriter err) {
        this.err = err;
        setFormatter(new SimpleFormatter());
    }

    /**
     * Replaces whatever logging the JVM was set up with.
     *
     * @param level of our own messages; others' are shown from INFO on at the least
     */
    static void install(PrintWriter err, Level level) {
        LogManager.getLogManager().reset();
        Logger root = Logger.getLogger("");
        root.setLevel(level.intValue() < Level.INFO.intValue() ? Level.INFO : level);
        OURS.setLevel(level);
        root.addHandler(new ErrLogHandler(err));
    }

    @Override
    public void publish(LogRecord logged) {
        if (isLoggable(logged)) {
            // The library says at FINE what it does, to be silent within other programs.
            Level shown = logged.getLevel().equals(Level.FINE) ? Level.INFO : logged.getLevel();
            String level = shown.getName().toLowerCase(Locale.ROOT);
            err.println("paenmf: " + level + ": " + getFormatter().formatMessage(logged));
            if (logged.getThrown() != null && logged.getLevel().intValue() >= Level.WARNING.intValue()) {
                err.println("  " + logged.getThrown());
            }
            err.flush();
        }
    }

    @Override
    public void flush() {
        err.flush();
    }

    @Override
    public void close() {
        flush();
    }
}
