package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What users are told of what was read. */
class InspectCommandTest {

    @TempDir
    Path directory;

    private Path table(String text) throws IOException {
        return Files.writeString(directory.resolve("t.csv"), text);
    }

    /** A name that is printed as it is could colour or clear the terminal, and title its window. */
    @Test
    void namesCannotControlTheTerminal() throws IOException {
        Path file = directory.resolve("escapes.csv");
        Files.writeString(file, "name,a\u001b[2J,b\nx\u202e,1,-2\n");

        Cli.Run inspected = Cli.run("inspect", file).expect(0);
        assertTrue(inspected.out().contains("a\\u001b[2J, b"), inspected.out());
        Cli.Run refused =
                Cli.run("fit", file, "-r", 1, "-o", directory.resolve("m.npz")).expect(ExitCode.BAD_DATA);
        assertTrue(refused.err().contains("row 1 (x\\u202e)"), refused.err());
        assertFalse((inspected.out() + refused.err()).contains("\u001b"));
    }

    @Test
    void aTableIsDescribed() throws IOException {
        Path table = table("id,x,y\na,0,2.5\nb,1,-3\n");
        String text = Cli.run("inspect", table).expect(ExitCode.DONE).out();

        assertTrue(text.contains("text, comma, header, row names"), text);
        assertTrue(text.contains("2 rows × 2 columns"), text);
        assertTrue(text.contains("x, y"), text);
        assertTrue(text.contains("-3 to 2.5"), text);
        assertTrue(text.contains("1 (25.0 %)"), text);
        assertTrue(text.contains("refuses it: row 2 ('b'), column 2 ('y') is -3.0"), text);
    }

    @Test
    void theSameIsThereAsJson() throws IOException {
        Map<String, Object> json = Cli.run("inspect", table("id,x,y\na,0,2\nb,1,3\n"), "--json")
                .expect(ExitCode.DONE)
                .json();

        assertEquals(List.of("a", "b"), json.get("rowNames"));
        assertEquals(List.of("x", "y"), json.get("columnNames"));
        assertEquals(
                List.of(2, 2, "whole", 1, 0),
                List.of(
                        json.get("rows"),
                        json.get("columns"),
                        json.get("numbers"),
                        json.get("zeros"),
                        json.get("negative")));
        assertEquals(null, json.get("refused"));
    }

    @Test
    void otherFormatsAreDescribedToo() {
        Path file = Cli.write(directory.resolve("v.npy"), Matrix.of(new float[][] {{1, 2}, {3, Float.NaN}}));
        String text = Cli.run("inspect", file).expect(ExitCode.DONE).out();

        assertTrue(text.contains(".npy") && text.contains("row 2, column 2 is NaN"), text);
        assertTrue(Cli.run("inspect", "demo:digits").expect(ExitCode.DONE).out().contains("1797 rows × 64 columns"));
    }

    @Test
    void ofASparseFileStorageAndEmptyRowsAndColumnsAreTold() throws IOException {
        String start = "%%MatrixMarket matrix coordinate integer general\n4 20 3\n1 2 3\n1 7 1\n3 ";
        Path file = Files.writeString(directory.resolve("a.mtx"), start + "2 9\n");
        String text = Cli.run("inspect", file).expect(ExitCode.DONE).out();

        // 3 bytes per nonzero, and 4 for the start of each row and the end
        assertTrue(text.contains("storage     sparse, 3 nonzeros (3.8 %), 29 bytes"), text);
        assertTrue(text.contains("empty       2 rows, 18 columns"), text);
        assertTrue(text.contains("numbers     counts"), text);
        assertTrue(text.contains("0 to 9, mean 0.1625"), text);
        assertTrue(text.contains("zeros       77 (96.3 %)"), text);
        Map<String, Object> json =
                Cli.run("inspect", file, "--json").expect(ExitCode.DONE).json();
        assertEquals(
                List.of("sparse", 3, 29, 2, 18, true, 77),
                List.of(
                        json.get("storage"),
                        json.get("nonzeros"),
                        json.get("bytes"),
                        json.get("emptyRows"),
                        json.get("emptyColumns"),
                        json.get("counts"),
                        json.get("zeros")));
        Files.writeString(file, start + "2 -9.5\n");
        String refused = Cli.run("inspect", file).expect(ExitCode.DONE).out();
        assertTrue(refused.contains("refuses it: row 3, column 2 is -9.5"), refused);
        assertTrue(refused.contains("numbers     decimal"), refused);
    }

    @Test
    void ofADenseFileTheyAreToldToo() throws IOException {
        String text = Cli.run("inspect", table("a,b,c\n0,0,2\n0,0,0\n"))
                .expect(ExitCode.DONE)
                .out();

        assertTrue(text.contains("storage     dense, 1 nonzeros (16.7 %), 24 bytes"), text);
        assertTrue(text.contains("empty       1 rows, 2 columns"), text);
    }

    @Test
    void whatStaysOpenIsWarnedOf() throws IOException {
        String err = Cli.run("inspect", table("x,1,2,3\ny,4,5,6\n"))
                .expect(ExitCode.DONE)
                .err();

        assertTrue(err.contains("--header yes"), err);
    }

    @Test
    void fitSaysWhatItReadInALine() throws IOException {
        Path table = table("id;x;y\na;1;2\nb;3;4\nc;1;1\n");
        Object[] fit = {"fit", table, "-r", 1, "--epochs", 2, "-o", directory.resolve("m.npz")};
        String said = "of " + table + ": 3 rows × 2 columns (text, semicolon, header, row names); columns x, y";

        assertTrue(Cli.run(fit).expect(ExitCode.DONE).out().contains(said));
        assertFalse(
                Cli.run(Cli.concat(fit, "--quiet")).expect(ExitCode.DONE).out().contains("columns"));
        assertEquals(
                "text, semicolon, header, row names",
                Cli.run(Cli.concat(fit, "--json")).expect(ExitCode.DONE).json().get("format"));
    }
}
