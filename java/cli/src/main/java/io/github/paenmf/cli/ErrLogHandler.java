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

    private final PrintWriter err;

    private ErrLogHandler(PrintWriter err) {
        this.err = err;
        setFormatter(new SimpleFormatter());
    }

    /** Replaces whatever logging the JVM was set up with. */
    static void install(PrintWriter err, Level level) {
        LogManager.getLogManager().reset();
        Logger root = Logger.getLogger("");
        root.setLevel(level);
        root.addHandler(new ErrLogHandler(err));
    }

    @Override
    public void publish(LogRecord logged) {
        if (isLoggable(logged)) {
            String level = logged.getLevel().getName().toLowerCase(Locale.ROOT);
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
