package io.github.paenmf.cli.report;

import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.cli.plot.ImageShape;
import io.github.paenmf.data.Matrix;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Fewer features where a page cannot show all: averages of neighbours in images and along an axis, a choice of features
 * that have no order. All of this is linear: what a browser decodes from a reduced basis is the reduced reconstruction.
 */
final class Reduction {

    private static final int MOST_SIDE = 96;
    private static final int MOST_ALONG = 2000;
    private static final int MOST_WORDS = 1000;

    /** Of features that have no order, these many of each component are kept at least. */
    private static final int OF_COMPONENT = 30;

    private final int[] target;
    private final int count;
    private final int factor;
    private final Optional<ImageShape> shape;

    /**
     * @param target the reduced feature that each feature belongs to, or −1
     * @param factor how many neighbours became one along each axis
     */
    private Reduction(int[] target, int count, int factor, Optional<ImageShape> shape) {
        this.target = target;
        this.count = count;
        this.factor = factor;
        this.shape = shape;
    }

    /**
     * As features are to be shown.
     *
     * @param shape where they are an image
     * @param basis m × r, which says what matters of features that have no order
     */
    static Reduction of(Features features, Optional<ImageShape> shape, Matrix basis) {
        return shape.map(Reduction::ofImage)
                .orElseGet(() -> features.kind().ordered() ? along(features) : ofWords(basis));
    }

    static Reduction ofImage(ImageShape shape) {
        int factor = (Math.max(shape.height(), shape.width()) - 1) / MOST_SIDE + 1;
        ImageShape reduced = new ImageShape((shape.height() - 1) / factor + 1, (shape.width() - 1) / factor + 1);
        int[] target = IntStream.range(0, shape.pixels())
                .map(p -> p / shape.width() / factor * reduced.width() + p % shape.width() / factor)
                .toArray();
        return new Reduction(target, reduced.pixels(), factor, Optional.of(reduced));
    }

    static Reduction along(Features features) {
        int factor = (features.count() - 1) / MOST_ALONG + 1;
        int[] target = IntStream.range(0, features.count()).map(j -> j / factor).toArray();
        return new Reduction(target, (features.count() - 1) / factor + 1, factor, Optional.empty());
    }

    /**
     * Keeps the features that matter most for each component, then those that are greatest over all components.
     *
     * @param basis m × r
     */
    static Reduction ofWords(Matrix basis) {
        int m = basis.rows();
        int r = basis.columns();
        boolean[] kept = new boolean[m];
        float[] greatest = new float[m];
        int each = ofEachComponent(r);
        for (int j = 0; j < r; j++) {
            float[] column = new float[m];
            for (int i = 0; i < m; i++) {
                column[i] = basis.get(i, j);
                greatest[i] = Math.max(greatest[i], column[i]);
            }
            for (int i : Features.greatest(column, each)) {
                kept[i] = true;
            }
        }
        int count = (int) IntStream.range(0, m).filter(i -> kept[i]).count();
        for (int i : Features.greatest(greatest, m)) {
            if (count >= MOST_WORDS) {
                break;
            }
            count += kept[i] ? 0 : 1;
            kept[i] = true;
        }
        int[] target = new int[m];
        int next = 0;
        for (int i = 0; i < m; i++) {
            target[i] = kept[i] ? next++ : -1;
        }
        return new Reduction(target, next, 1, Optional.empty());
    }

    /** How many features of each of so many components are always kept of those that have no order. */
    static int ofEachComponent(int rank) {
        return Math.max(1, Math.min(OF_COMPONENT, MOST_WORDS / rank));
    }

    int count() {
        return count;
    }

    /** The shape of the reduced image, if it is one. */
    Optional<ImageShape> shape() {
        return shape;
    }

    /** The first feature of each reduced one. */
    int[] first() {
        int[] first = new int[count];
        Arrays.fill(first, -1);
        for (int j = target.length - 1; j >= 0; j--) {
            if (target[j] >= 0) {
                first[target[j]] = j;
            }
        }
        return first;
    }

    /** Whether a reduced feature is the average of some. */
    boolean averages() {
        return factor > 1;
    }

    /** What a page is to know of the reduced features: how many there are, their kind, and their names or places. */
    Map<String, Object> content(Features features) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("total", features.count());
        object.put("count", count);
        object.put("kind", shape.isPresent() ? "image" : features.kind().ordered() ? "series" : "words");
        object.put("note", note());
        object.put("dates", features.kind() == Features.Kind.DATES);
        shape.ifPresent(reduced -> object.put("shape", List.of(reduced.height(), reduced.width())));
        if (shape.isEmpty() && features.kind().ordered()) {
            double unit = features.kind() == Features.Kind.DATES ? 86_400 : 1; // a browser counts seconds
            double[] positions = features.positions();
            object.put(
                    "positions",
                    Arrays.stream(first()).mapToObj(j -> positions[j] * unit).toList());
        } else if (shape.isEmpty()) {
            object.put("names", Arrays.stream(first()).mapToObj(features::name).toList());
        }
        return object;
    }

    /** What was left out, as a sentence for the reader, or an empty text. */
    String note() {
        if (averages()) {
            return shape.isPresent()
                    ? "Here " + factor + " × " + factor + " pixels of the data are averaged into one."
                    : "Here " + factor + " features next to each other are averaged into one.";
        }
        return count < target.length
                ? "This report holds the " + count + " of " + target.length + " features with the greatest weights."
                : "";
    }

    /** Reduces the columns of a matrix. */
    Matrix apply(Matrix rows) {
        Matrix reduced = Matrix.zeros(rows.rows(), count);
        int[] sizes = new int[count];
        Arrays.stream(target).filter(t -> t >= 0).forEach(t -> sizes[t]++);
        for (int i = 0; i < rows.rows(); i++) {
            float[] values = reduced.storage(i);
            int offset = reduced.offset(i);
            for (int j = 0; j < target.length; j++) {
                if (target[j] >= 0) {
                    values[offset + target[j]] += rows.get(i, j) / sizes[target[j]];
                }
            }
        }
        return reduced;
    }
}
