package io.github.paenmf.math;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * One row of weibull_reference.csv, computed with mpmath to 17 digits.
 *
 * @param type {@code kl}: KL(Weibull(k1, l1) ‖ Weibull(k2, l2)); {@code sample}: l1·(−ln eps)^(1/k1)
 * @param byShape derivative of the value by k1
 * @param byScale derivative of the value by l1
 * @param integral the KL by numerical integration
 */
public record WeibullReference(
        String type,
        double k1,
        double l1,
        double k2,
        double l2,
        double eps,
        double value,
        double byShape,
        double byScale,
        double integral) {

    static List<WeibullReference> all() {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                WeibullReference.class.getResourceAsStream("weibull_reference.csv"), StandardCharsets.UTF_8))) {
            return reader.lines().skip(1).map(WeibullReference::parse).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** KL rows. */
    public static List<WeibullReference> divergences() {
        return all().stream().filter(row -> row.type.equals("kl")).toList();
    }

    /** Sample rows. */
    public static List<WeibullReference> samples() {
        return all().stream().filter(row -> row.type.equals("sample")).toList();
    }

    private static WeibullReference parse(String line) {
        String[] cells = line.split(",", -1);
        double[] numbers = new double[cells.length];
        for (int i = 1; i < cells.length; i++) {
            numbers[i] = cells[i].isEmpty() ? Double.NaN : Double.parseDouble(cells[i]);
        }
        return new WeibullReference(
                cells[0],
                numbers[1],
                numbers[2],
                numbers[3],
                numbers[4],
                numbers[5],
                numbers[6],
                numbers[7],
                numbers[8],
                numbers[9]);
    }
}
