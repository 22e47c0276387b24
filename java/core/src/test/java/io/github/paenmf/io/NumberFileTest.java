package io.github.paenmf.io;

import static io.github.paenmf.io.TestFiles.write;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NumberFileTest {

    private static final List<String> NAMES = List.of("a", "b", "7");

    @TempDir
    Path directory;

    private String file(String text) {
        return write(directory, "numbers.csv", text).toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1\n2.5\n-3\n", "number\n1\n2.5\n-3\n", "x,1\ny,2.5\nz,-3\n", "1,1\n2,2.5\n3,-3\n"})
    void numbersGoByPositionWhereOneSideHasNoNames(String text) throws IOException {
        assertArrayEquals(new double[] {1, 2.5, -3}, NumberFile.read(file(text), "row", List.of(), 3));
    }

    @ParameterizedTest
    @ValueSource(strings = {"7,-3\nb,2.5\nmore,9\na,1\n", "name\tsize\n7\t-3\nb\t2.5\na\t1\n"})
    void numbersGoByNamesWhereBothSidesHaveThem(String text) throws IOException {
        assertArrayEquals(new double[] {1, 2.5, -3}, NumberFile.read(file(text), "row", NAMES, 3));
    }

    @Test
    void namesMayLookLikeNumbers() throws IOException {
        String input = file("12,3\n7,1\n8,2\n");

        assertArrayEquals(new double[] {1, 2, 3}, NumberFile.read(input, "row", List.of("7", "8", "12"), 3));
    }

    private static void assertRefused(String reason, String input) {
        DataException e = assertThrows(DataException.class, () -> NumberFile.read(input, "row", NAMES, 3));
        assertEquals(input + ": " + reason, e.getMessage());
    }

    @Test
    void whatDoesNotFitIsRefused() throws IOException {
        assertRefused("there are 2 numbers for 3 rows; one each is needed, or names on both sides", file("1\n2\n"));
        assertRefused("there is no number for row 3 ('7')", file("a,1\nb,2\nc,3\n"));
        assertRefused("'a' has two numbers, 1 and 3 of the file", file("a,1\nb,2\na,3\n7,1\n"));
        assertRefused(
                "the file has 3 columns of numbers; one is needed, with or without names before it",
                file("1,2,3\n4,5,6\n7,8,9\n"));
        Path array = directory.resolve("two.npy");
        MatrixWriter.write(array, Matrix.zeros(3, 2));
        assertRefused(
                "the file has 2 columns of numbers; one is needed, with or without names before it", array.toString());
        assertThrows(NoSuchFileException.class, () -> NumberFile.read("absent.csv", "row", NAMES, 3));
    }
}
