package io.github.paenmf.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CovariatesTest {

    private static final List<String> NAMES = List.of("r1", "r2", "r3", "r4");
    private static final Matrix DATA = Matrix.of(new float[][] {{1, 0, 2}, {0, 3, 1}, {4, 1, 0}, {1, 1, 5}})
            .withNames(NAMES, List.of("f1", "f2", "f3"));

    private static Covariates.Builder table() {
        return Covariates.builder().texts("batch", "a", "b", "a", "a").numbers("age", 1, 3, 5, 7);
    }

    private static String refusal(Runnable use) {
        return assertThrows(DataException.class, use::run).getMessage();
    }

    /** What is coded of the rows of data. */
    private static double[] rows(FittedCovariates coding, Covariates table) {
        CodedCovariates coded = coding.code(table);
        return IntStream.range(0, table.rows())
                .mapToObj(i -> coded.setting()[i])
                .flatMapToDouble(g -> IntStream.range(0, coded.columns()).mapToDouble(c -> coded.value(g, c)))
                .toArray();
    }

    @Test
    void numbersAreStandardisedAndTextsOneHotLessTheirShares() {
        FittedCovariates coding = FittedCovariates.of(table().build());

        assertEquals(List.of("batch: a", "batch: b", "age"), coding.codedNames());
        double sd = Math.sqrt(5);
        double[] expected = {
            0.25, -0.25, -3 / sd, -0.75, 0.75, -1 / sd, 0.25, -0.25, 1 / sd, 0.25, -0.25, 3 / sd,
        };
        assertArrayEquals(expected, rows(coding, table().build()), 1e-15);
    }

    @Test
    void rowsWithTheSameCovariatesShareASetting() {
        Covariates table =
                Covariates.builder().texts("batch", "a", "b", "a", "a").build();
        CodedCovariates coded = FittedCovariates.of(table).code(table);
        assertEquals(2, coded.count());
        assertArrayEquals(new int[] {0, 1, 0, 0}, coded.setting());
    }

    /** Whatever is made of data: what is selected, renamed, scaled or left out. */
    @Test
    void covariatesStayWithTheirRows() {
        UnaryOperator<RowSource> sized = data -> SizeFactors.attach(data, new double[] {1, 2, 3, 4});
        Scaling given = Scaling.NONE.withSizeFactors(SizeFactors.GIVEN).withLog1p(true);
        for (RowSource data : new RowSource[] {DATA, SparseMatrix.of(DATA)}) {
            RowSource attached = Covariates.attach(data, table().build());
            Covariates selected = table().build().selectRows(new int[] {2, 0, 2});
            assertEquals(data instanceof SparseSource, attached instanceof SparseSource);
            for (RowSource with : new RowSource[] {
                attached,
                sized.apply(attached),
                Covariates.attach(sized.apply(data), table().build()),
                attached.withNames(List.of(), List.of()),
                attached.selectColumns(new int[] {2, 0}),
                given.fit(sized.apply(attached)).apply(sized.apply(attached)),
                IncompleteData.of(attached, Missing.ZEROS),
                IncompleteData.of(sized.apply(attached), Missing.ZEROS),
            }) {
                assertEquals(table().build(), with.covariates());
                assertEquals(selected, with.selectRows(new int[] {2, 0, 2}).covariates());
            }
            assertEquals(2, sized.apply(attached).sizeFactor(1));
            assertEquals(
                    2, Covariates.attach(sized.apply(data), table().build()).sizeFactor(1));
            assertEquals(1, attached.selectRows(new int[] {2}).block(0, 1).rows());
        }
        assertNull(DATA.covariates());
        assertSame(DATA, Covariates.attachThoseOf(DATA, DATA));
    }

    @Test
    void rowsAreMatchedByNameWhereBothHaveNames() {
        Covariates named = table().rowNames(List.of("r3", "r1", "r4", "r2")).build();
        Covariates arranged = Covariates.attach(DATA, named).covariates();
        assertEquals(NAMES, arranged.rowNames());
        assertEquals(List.of("b", "a", "a", "a"), arranged.column("batch").texts());
        assertArrayEquals(new double[] {3, 7, 1, 5}, arranged.column("age").numbers());
        RowSource nameless = DATA.withNames(List.of(), List.of());
        assertEquals(named, Covariates.attach(nameless, named).covariates());
    }

    @Test
    void rowsThatDoNotMatchAreRefusedByName() {
        assertEquals(
                "row 2 (r2) of the data has no covariates",
                refusal(() -> Covariates.attach(
                        DATA, table().rowNames(List.of("r1", "x", "r3", "r4")).build())));
        assertEquals(
                "'r1' has covariates twice, in rows 1 and 4 of their table",
                refusal(() -> Covariates.attach(
                        DATA, table().rowNames(List.of("r1", "r2", "r3", "r1")).build())));
        RowSource three = DATA.selectRows(new int[] {0, 1, 3});
        assertEquals(
                "row 3 (r3) of the covariates is no row of the data; leave it out",
                refusal(() -> Covariates.attach(three, table().rowNames(NAMES).build())));
        assertTrue(refusal(() -> Covariates.attach(three, table().build())).contains("of 4 rows for 3 rows"));
    }

    @Test
    void aTableThatIsNoneIsRefused() {
        assertTrue(refusal(() -> Covariates.builder().build()).contains("no column"));
        assertTrue(refusal(() -> table().numbers("age", 1, 2, 3, 4).build()).contains("called 'age'"));
        assertTrue(refusal(() -> table().texts("x", "a").build()).contains("'x' of the covariates has 1 rows"));
        assertEquals(
                "the covariate 'x' in row 2 (r2) is NaN; it must be a finite number",
                refusal(() -> table().numbers("x", 1, Double.NaN, 3, 4)
                        .rowNames(NAMES)
                        .build()));
    }

    @ParameterizedTest
    @CsvSource({
        "a;a;a;a, the covariate 'x' is 'a' in all 4 rows",
        "a;b;c;d, the covariate 'x' is another text in each of the 4 rows",
    })
    void textsThatTellNothingAreRefused(String texts, String expected) {
        Covariates table = Covariates.builder().texts("x", texts.split(";")).build();
        assertTrue(refusal(() -> FittedCovariates.of(table)).startsWith(expected));
    }

    @Test
    void aConstantNumberIsRefused() {
        Covariates table = Covariates.builder().numbers("x", 0.1, 0.1, 0.1).build();
        assertTrue(refusal(() -> FittedCovariates.of(table)).startsWith("the covariate 'x' is 0.1 in all 3 rows"));
    }

    @Test
    void newRowsAreCodedAsThoseOfTheFit() {
        FittedCovariates coding = FittedCovariates.of(table().build());
        Covariates one = Covariates.builder()
                .numbers("other", 3) // which the fit did not have
                .numbers("age", 4)
                .texts("batch", "b")
                .build();
        assertArrayEquals(new double[] {-0.75, 0.75, 0}, rows(coding, one));
        assertEquals(
                "the covariate 'batch' in row 1 is 'c', which is none of the levels of the model: a, b",
                refusal(() -> coding.code(Covariates.builder()
                        .texts("batch", "c")
                        .numbers("age", 1)
                        .build())));
        assertEquals(
                "the covariate 'age' is missing; there are batch",
                refusal(() ->
                        coding.code(Covariates.builder().texts("batch", "a").build())));
        assertTrue(refusal(() -> coding.code(Covariates.builder()
                        .numbers("batch", 1)
                        .numbers("age", 1)
                        .build()))
                .contains("'batch' is numbers"));
        assertTrue(refusal(() -> coding.code(Covariates.builder()
                        .texts("batch", "a")
                        .texts("age", "x")
                        .build()))
                .contains("'age' is texts"));
        assertTrue(refusal(() -> coding.code(null)).contains("fitted with the covariates batch, age"));
        assertTrue(refusal(() -> FittedCovariates.NONE.requireAlike(one)).contains("without any"));
    }

    @Test
    void textsOfNumbersAreWhatTheModelTakesThemFor() {
        Covariates digits = Covariates.builder()
                .textsOfNumbers("batch", List.of("1", "2", "1"), new double[] {1, 2, 1})
                .build();
        assertEquals(List.of("batch"), FittedCovariates.of(digits).codedNames());
        FittedCovariates levels = FittedCovariates.of(
                Covariates.builder().texts("batch", "1", "1", "2", "x").build());
        assertArrayEquals(new double[] {0.5, -0.25, -0.25, -0.5, 0.75, -0.25, 0.5, -0.25, -0.25}, rows(levels, digits));
    }
}
