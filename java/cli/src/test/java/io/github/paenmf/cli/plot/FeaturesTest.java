package io.github.paenmf.cli.plot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FeaturesTest {

    private static Features named(String names) {
        List<String> list = List.of(names.split(";"));
        return Features.of(list.size(), list);
    }

    @ParameterizedTest
    @CsvSource({
        "pixel1;pixel2;pixel3, NUMBERED",
        "0;1;2, NUMBERED",
        "p08;p09;p10, NUMBERED",
        "400.5;401;403, NUMBERS",
        "-1;0;7, NUMBERS",
        "2013-07-24;2013-07-25;2013-07-29, DATES",
        "TP53;MYC;ACTB, WORDS",
        "pixel1;pixel2;pixel4, WORDS",
        "3;2;1, WORDS",
        "2013-07-25;2013-07-24, WORDS",
        "2013-07-24;2013-07-24, WORDS",
        "Infinity;NaN, WORDS",
        "99999999999;100000000000, NUMBERS",
    })
    void theNamesSayWhatFeaturesAre(String names, Features.Kind kind) {
        assertEquals(kind, named(names).kind());
    }

    @Test
    void aBlankNameIsANumber() {
        Features features = Features.of(3, List.of("x", "", " "));
        assertEquals(
                List.of("x", "feature 2", "feature 3"), List.of(features.name(0), features.name(1), features.name(2)));
    }

    @Test
    void positionsAreNumbersOrDaysOrTheOrder() {
        assertArrayEquals(new double[] {400.5, 401, 403}, named("400.5;401;403").positions());
        assertArrayEquals(
                new double[] {
                    LocalDate.of(2013, 7, 24).toEpochDay(),
                    LocalDate.of(2013, 7, 29).toEpochDay()
                },
                named("2013-07-24;2013-07-29").positions());
        assertArrayEquals(new double[] {1, 2, 3}, Features.of(3, List.of()).positions());
    }

    @ParameterizedTest
    @CsvSource({"361, 19x19", "64, 8x8", "16, 4x4"})
    void unnamedFeaturesThatMakeASquareAreAnImage(int count, String shape) {
        assertEquals(
                shape,
                ImageShape.guess(Features.of(count, List.of())).orElseThrow().toString());
    }

    @ParameterizedTest
    @ValueSource(ints = {9, 15, 63, 362, 5000})
    void othersAreNone(int count) {
        assertEquals(Optional.empty(), ImageShape.guess(Features.of(count, List.of())));
    }

    @Test
    void genesAreNoImageHoweverManyThereAre() {
        List<String> genes =
                IntStream.range(0, 64).mapToObj(i -> "gene" + 7 * i).toList();

        assertEquals(Optional.empty(), ImageShape.guess(Features.of(64, genes)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"19", "0x4", "19x19x3", "-1x4", "axb", "999999x1"})
    void aShapeMustBeHeightByWidth(String text) {
        assertThrows(IllegalArgumentException.class, () -> ImageShape.parse(text));
    }

    @Test
    void heightComesFirst() {
        assertEquals(new ImageShape(3, 5), ImageShape.parse("3x5"));
    }

    @Test
    void greatestComesFirst() {
        assertArrayEquals(new int[] {3, 1, 0}, Features.greatest(new float[] {1, 5, 0, 7}, 3));
        assertArrayEquals(new int[] {0}, Features.greatest(new float[] {1}, 3));
    }
}
