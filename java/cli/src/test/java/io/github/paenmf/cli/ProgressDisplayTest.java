package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.train.EpochReport;
import io.github.paenmf.train.ReplicateReport;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ProgressDisplayTest {

    private final StringWriter err = new StringWriter();

    private ProgressDisplay display(boolean terminal) {
        return new ProgressDisplay(new PrintWriter(err), terminal, true);
    }

    private static EpochReport report(int epoch, double seconds) {
        return new EpochReport(epoch, 1000, 300.25, 50.5, 350.75, seconds);
    }

    private String shown() {
        return err.toString()
                .replace("\u001b[?7l", "<")
                .replace("\u001b[K\u001b[?7h", ">")
                .replace('\r', '^');
    }

    @Test
    void aTerminalShowsOneLineThatIsRedrawn() {
        try (ProgressDisplay display = display(true)) {
            display.show(report(10, 0.05));
            display.show(report(250, 2.5));
            display.show(report(251, 2.51));
            display.show(report(1000, 2.55));
        }

        assertEquals(
                "^<[##--------] 250/1000 objective 350.8 (error 300.3, KL 50.50), 100 epochs/s, 8 s left>"
                        + "^<[##########] 1000/1000 objective 350.8 (error 300.3, KL 50.50), 392 epochs/s, 0 s left>"
                        + System.lineSeparator(),
                shown());
    }

    @Test
    void elsewhereThereIsALineNowAndThen() {
        try (ProgressDisplay display = display(false)) {
            display.show(report(1, 4.9));
            display.show(report(2, 5));
            display.show(report(3, 9.9));
            display.show(report(4, 10));
            display.show(report(1000, 11));
        }

        assertEquals(
                String.format(
                        "epoch 2 of 1000: objective 350.8 (error 300.3, KL 50.50), 0.400 epochs/s, 41:35 min left%n"
                                + "epoch 4 of 1000: objective 350.8 (error 300.3, KL 50.50), 0.400 epochs/s, 41:30 min"
                                + " left%n"),
                err.toString());
    }

    @Test
    void hoursAreShownAsSuch() {
        display(false).show(report(1, 36));

        assertEquals(
                String.format(
                        "epoch 1 of 1000: objective 350.8 (error 300.3, KL 50.50), 0.0278 epochs/s, 9:59 h left%n"),
                err.toString());
    }

    @Test
    void whileTheFirstOfManyFitsLastsItIsSaidOnce() {
        try (ProgressDisplay display = display(false)) {
            for (double seconds = 5; seconds < 30; seconds += 5) {
                display.show(new ReplicateReport(ReplicateReport.Kind.RESTART, 0, 20, Double.NaN, seconds));
            }
        }

        assertEquals(String.format("restart 0 of 20%n"), err.toString());
    }

    @Test
    void whatWasNotDrawnIsNotEnded() {
        display(true).close();

        assertEquals("", err.toString());
    }
}
