package io.github.paenmf.cli.report;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.cli.table.Filled;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/** What a report holds of the samples: which, the values that it draws, and how badly each is explained. */
final class Samples {

    /** So many coefficients, and so many values, as keep the page quick to open. */
    private static final int MOST_COEFFICIENTS = 250_000;

    private static final int MOST_PIXELS = 1_200_000;
    private static final int MOST_VALUES = 300_000;

    /** So many values of a sample are drawn where features have no order: the greatest. */
    private static final int OF_WORDS = 20;

    /** So many values of the data are read at a time. */
    private static final int AT_ONCE = 1 << 22;

    private final RowSource data;
    private final Reduction reduction;
    private final Residuals residuals;
    private final boolean words;
    /** Values that are held of each sample. */
    private final int each;

    private final int[] rows;

    /**
     * Chooses the samples: all, or as many as keep the file small, evenly spread over the data.
     *
     * @param features of the data
     */
    Samples(FactorisationModel model, RowSource data, Features features, Reduction reduction) {
        this.data = data;
        this.reduction = reduction;
        residuals = new Residuals(model);
        boolean image = reduction.shape().isPresent();
        words = !image && !features.kind().ordered();
        each = words ? Math.min(OF_WORDS, reduction.count()) : reduction.count();
        int most = Math.min((image ? MOST_PIXELS : MOST_VALUES) / each, MOST_COEFFICIENTS / model.rank());
        int count = Math.max(1, Math.min(data.rows(), most));
        rows = IntStream.range(0, count)
                .map(i -> (int) ((long) i * data.rows() / count))
                .toArray();
    }

    /** The chosen rows of the data, ascending. */
    int[] rows() {
        return rows;
    }

    /**
     * The samples' values in the unit of the parts, as bytes for images; where features have no order the greatest of
     * each sample, and which features these are.
     *
     * @param note for the reader
     */
    Map<String, Object> content(String note) {
        Matrix values = Matrix.zeros(rows.length, each);
        int[] which = new int[words ? rows.length * each : 0];
        float[] errors = new float[rows.length];
        int atOnce = Math.max(1, AT_ONCE / data.columns());
        for (int first = 0; first < rows.length; first += atOnce) {
            int last = Math.min(rows.length, first + atOnce);
            RowSource block = data.selectRows(Arrays.copyOfRange(rows, first, last));
            Matrix shown = residuals.inUnitsOfParts(block);
            Matrix sums = residuals.reconstructed(block);
            System.arraycopy(residuals.errors(shown, sums), 0, errors, first, last - first);
            Matrix reduced = reduction.apply(Filled.of(shown, sums));
            for (int i = first; i < last; i++) {
                keep(reduced, i - first, values, which, i);
            }
        }
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("total", data.rows());
        object.put("rows", Arrays.stream(rows).boxed().toList());
        object.put("names", names());
        object.put("note", note);
        object.put("errors", Base64Numbers.floats(errors));
        object.put("each", each);
        if (reduction.shape().isPresent()) {
            float scale = greatest(values);
            object.put("scale", scale);
            object.put("bytes", Base64Numbers.bytes(values, scale));
        } else {
            object.put("floats", Base64Numbers.floats(values));
        }
        if (words) {
            object.put("features", Base64Numbers.shorts(which));
        }
        return object;
    }

    private Object names() {
        return data.rowNames().isEmpty()
                ? null
                : Arrays.stream(rows).mapToObj(data.rowNames()::get).toList();
    }

    private void keep(Matrix from, int row, Matrix values, int[] which, int to) {
        float[] all = new float[from.columns()];
        for (int f = 0; f < all.length; f++) {
            all[f] = from.get(row, f);
        }
        int[] kept =
                words ? Features.greatest(all, each) : IntStream.range(0, each).toArray();
        for (int i = 0; i < each; i++) {
            values.storage(to)[values.offset(to) + i] = all[kept[i]];
        }
        if (words) {
            System.arraycopy(kept, 0, which, to * each, each);
        }
    }

    private static float greatest(Matrix matrix) {
        float greatest = Float.MIN_NORMAL; // not 0: all may be black
        for (int i = 0; i < matrix.rows(); i++) {
            for (int j = 0; j < matrix.columns(); j++) {
                greatest = Math.max(greatest, matrix.get(i, j));
            }
        }
        return greatest;
    }
}
