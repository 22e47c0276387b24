package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The report as a command; what it holds is tested with the report itself. */
class ReportCommandTest {

    @TempDir
    private Path directory;

    private Path data;
    private Path model;
    private Path output;

    @BeforeEach
    void fit() {
        data = Cli.data(directory);
        model = Cli.model(directory);
        output = directory.resolve("report.html");
    }

    @Test
    void theReportIsNamedAfterTheDataWithoutTheirFolder() throws IOException {
        Cli.Run run = Cli.run("report", model, data, "-o", output).expect(ExitCode.DONE);

        assertEquals(output + ": the report on 40 rows, rank 2" + System.lineSeparator(), run.out());
        String page = Files.readString(output);
        assertTrue(page.contains("<title>data.csv in 2 parts</title>"));
        assertFalse(page.contains(directory.toString()), "a folder of this machine");
        assertTrue(page.contains("Made by paenmf " + Version.number()));
    }

    @Test
    void theSameModelAndDataGiveTheSameBytes() throws IOException {
        Path again = directory.resolve("again.html");
        Cli.run("report", model, data, "-o", output).expect(ExitCode.DONE);
        Cli.run("report", model, data, "-o", again, "--threads", 2).expect(ExitCode.DONE);

        assertEquals(-1, Files.mismatch(output, again));
    }

    @Test
    void aShapeMakesImages() throws IOException {
        Cli.run("report", model, data, "-o", output, "--image-shape", "2x3").expect(ExitCode.DONE);

        assertTrue(Files.readString(output).contains("\"shape\":[2,3]"));
    }

    @Test
    void whatCannotBeReportedLeavesTheOldFile() throws IOException {
        Files.writeString(output, "old");
        Path other = Cli.write(directory.resolve("other.csv"), Matrix.of(new float[][] {{1, 2}}));

        Cli.Run run = Cli.run("report", model, other, "-o", output).expect(ExitCode.BAD_DATA);
        assertTrue(run.err().startsWith("paenmf: " + other + ": "), run.err());
        run = Cli.run("report", model, data, "-o", output, "--image-shape", "2x2")
                .expect(ExitCode.USAGE);
        assertTrue(run.err().contains("--image-shape 2x2 takes 4 features"), run.err());
        run = Cli.run("report", model, data, "-o", directory.resolve("x.pdf")).expect(ExitCode.USAGE);
        assertTrue(run.err().contains("--output must end in .html"), run.err());

        assertEquals("old", Files.readString(output));
    }

    @Test
    void twoModelsAreComparedOnTheSameData() throws IOException {
        Path other = directory.resolve("other.npz");
        Cli.run("fit", data, "-r", 3, "--algorithm", "nmf-hals", "--epochs", 5, "-o", other)
                .expect(ExitCode.DONE);

        Cli.Run run = Cli.run("report", model, other, data, "-o", output).expect(ExitCode.DONE);
        assertEquals(output + ": fitted.npz of rank 2 beside other.npz of rank 3" + System.lineSeparator(), run.out());
        assertTrue(Files.readString(output).contains("\"source\":\"data.csv\""));

        run = Cli.run("report", model, other, "-o", output, "--transpose").expect(ExitCode.USAGE);
        assertTrue(run.err().contains("--transpose has no effect without an INPUT"), run.err());
        run = Cli.run("report", model, data, data, "-o", output).expect(ExitCode.USAGE);
        assertTrue(run.err().contains(data + " is not a model"), run.err());
    }
}
