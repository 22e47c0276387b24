package io.github.paenmf.cli;

import io.github.paenmf.train.EpochReport;
import io.github.paenmf.train.ReplicateReport;
import java.io.PrintWriter;
import java.util.Locale;

/** Shows on stderr how training goes: one line that is redrawn on a terminal, a line now and then elsewhere. */
final class ProgressDisplay implements AutoCloseable {

    private static final int BAR_WIDTH = 10;
    private static final double SECONDS_BETWEEN_DRAWINGS = 0.1;
    private static final double SECONDS_BETWEEN_LINES = 5;

    // ANSI control sequences; a line that wraps could not be redrawn.
    private static final String CUT_LONG_LINES = "\u001b[?7l";
    private static final String WRAP_LONG_LINES = "\u001b[?7h";
    private static final String ERASE_REST_OF_LINE = "\u001b[K";

    private final PrintWriter err;
    private final boolean terminal;
    private final boolean withKl;
    private double lastSeconds;
    private boolean drawn;
    private String lastLine = "";

    /**
     * @param terminal whether {@code err} is a terminal, on which a line can be redrawn
     * @param withKl whether the objective has parts worth showing
     */
    ProgressDisplay(PrintWriter err, boolean terminal, boolean withKl) {
        this.withKl = withKl;
        this.err = err;
        this.terminal = terminal;
    }

    void show(EpochReport report) {
        if (isDue(report.seconds(), report.epoch(), report.epochs())) {
            draw(
                    bar(report.epoch(), report.epochs()) + " " + numbers(report),
                    "epoch " + report.epoch() + " of " + report.epochs() + ": " + numbers(report));
        }
    }

    /** Shows how far fits are that are made beside each other. */
    void show(ReplicateReport report) {
        if (isDue(report.seconds(), report.done(), report.all())) {
            String what = report.kind() == ReplicateReport.Kind.RESTART ? "restart" : "bootstrap fit";
            draw(
                    bar(report.done(), report.all()) + " " + what + "s" + numbers(report),
                    what + " " + report.done() + " of " + report.all() + numbers(report));
        }
    }

    /** Clocks begin anew with every fit. */
    private boolean isDue(double seconds, int done, int all) {
        double passed = seconds < lastSeconds ? seconds : seconds - lastSeconds;
        boolean due = passed >= (terminal ? SECONDS_BETWEEN_DRAWINGS : SECONDS_BETWEEN_LINES);
        if (due || terminal && done == all) {
            lastSeconds = seconds;
            return true;
        }
        return false;
    }

    private void draw(String bar, String line) {
        if (terminal) {
            err.print("\r" + CUT_LONG_LINES + bar + ERASE_REST_OF_LINE + WRAP_LONG_LINES);
            drawn = true;
        } else if (!line.equals(lastLine)) { // as while the first of some fits is not done
            err.println(line);
            lastLine = line;
        }
        err.flush();
    }

    /** Ends the line that was redrawn; what is printed next begins on a new one. */
    @Override
    public void close() {
        if (drawn) {
            err.println();
            err.flush();
            drawn = false;
        }
    }

    private static String bar(int done, int all) {
        int filled = (int) ((long) BAR_WIDTH * done / all);
        return "[" + "#".repeat(filled) + "-".repeat(BAR_WIDTH - filled) + "] " + done + "/" + all;
    }

    private static String numbers(ReplicateReport report) {
        String best =
                Double.isNaN(report.best()) ? "" : String.format(Locale.ROOT, ", best objective %.4g", report.best());
        double left = report.done() == 0 ? 0 : report.seconds() / report.done() * (report.all() - report.done());
        return best + (report.done() == 0 ? "" : ", " + duration(left) + " left");
    }

    private String numbers(EpochReport report) {
        double rate = report.epoch() / Math.max(report.seconds(), 1e-9);
        double left = (report.epochs() - report.epoch()) / rate;
        return String.format(
                Locale.ROOT,
                "objective %.4g%s, %.3g epochs/s, %s left",
                report.objective(),
                parts(report),
                rate,
                duration(left));
    }

    private String parts(EpochReport report) {
        return withKl ? String.format(Locale.ROOT, " (error %.4g, KL %.4g)", report.reconstruction(), report.kl()) : "";
    }

    private static String duration(double seconds) {
        long whole = Math.round(seconds);
        if (whole < 60) {
            return whole + " s";
        }
        return whole < 3600
                ? String.format(Locale.ROOT, "%d:%02d min", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d h", whole / 3600, whole / 60 % 60);
    }
}
