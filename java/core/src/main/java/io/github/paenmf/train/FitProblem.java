package io.github.paenmf.train;

import io.github.paenmf.backend.Solver;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.Parameters;
import io.github.paenmf.model.StateVisitor;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32C;

/** What has an effect on the result of a fit, by name, for one that goes on from a checkpoint to be held against. */
final class FitProblem {

    private FitProblem() {}

    /**
     * Describes a fit; large things by their checksums.
     *
     * @param configuration of which each component is a setting
     * @param data with the roots of the weights, if any
     * @param initial where the fit starts
     * @param previousEpochs epochs of the fits that it goes on from
     */
    static Map<String, String> of(
            Record configuration,
            RowSource data,
            Weights weights,
            Parameters<?> initial,
            int previousEpochs,
            Solver<?> solver) {
        Map<String, String> problem = new LinkedHashMap<>();
        for (RecordComponent setting : configuration.getClass().getRecordComponents()) {
            problem.put(words(setting.getName()), String.valueOf(value(setting, configuration)));
        }
        problem.put("backend", solver.kind());
        add(data, weights, problem);
        if (!"0".equals(problem.get("batch rows"))) { // else all rows go in their order
            problem.put("rows shuffled together", String.valueOf(shuffledTogether(data)));
        }
        problem.put("epochs of the model before", String.valueOf(previousEpochs));
        problem.put("checksum of the start", checksum(initial));
        return problem;
    }

    /** Adds the data, large as they are, by their shape and checksum. */
    static void add(RowSource data, Map<String, String> problem) {
        add(data, Weights.NONE, problem);
    }

    private static void add(RowSource data, Weights weights, Map<String, String> problem) {
        problem.put("rows of the data", String.valueOf(data.rows()));
        problem.put("columns of the data", String.valueOf(data.columns()));
        problem.put("checksum of the data", checksum(data, weights));
    }

    /** Of rows that are not all in memory as many as are held at once; the order of mini-batches depends on it. */
    private static int shuffledTogether(RowSource data) {
        return data.paging() == null ? data.rows() : data.paging().poolRows();
    }

    private static String words(String camelCase) {
        return camelCase.replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT);
    }

    private static Object value(RecordComponent setting, Record configuration) {
        try {
            return setting.getAccessor().invoke(configuration);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a public record has public accessors", e);
        }
    }

    private static String checksum(RowSource data, Weights weights) {
        Checksum checksum = new Checksum();
        int[] columns = new int[data.columns()];
        float[] values = new float[data.columns()];
        for (int i = 0; i < data.rows(); i++) {
            int count = data.copyNonzeros(i, 0, data.columns(), columns, values);
            checksum.visit(count);
            for (int l = 0; l < count; l++) {
                checksum.add(columns[l], Float.floatToRawIntBits(values[l]));
            }
            checksum.visit(weights.row(i));
            checksum.visit(data.sizeFactor(i));
            checksum.visit(data.mask() == null ? 0 : data.mask().missing(i));
        }
        for (int f = 0; f < data.columns(); f++) {
            checksum.visit(weights.feature(f));
        }
        if (data.covariates() != null) {
            checksum.visit(data.covariates().hashCode());
        }
        return checksum.text();
    }

    private static String checksum(Parameters<?> parameters) {
        Checksum checksum = new Checksum();
        parameters.visit(checksum);
        return checksum.text();
    }

    /** CRC-32C of what it visits. */
    private static final class Checksum implements StateVisitor {

        private final CRC32C crc = new CRC32C();
        private final ByteBuffer buffer = ByteBuffer.allocate(1 << 13);

        void add(int first, int second) {
            if (buffer.remaining() < 2 * Integer.BYTES) {
                flush();
            }
            buffer.putInt(first).putInt(second);
        }

        private void flush() {
            crc.update(buffer.flip());
            buffer.clear();
        }

        @Override
        public void visit(float[] values) {
            for (float value : values) {
                add(0, Float.floatToRawIntBits(value));
            }
        }

        @Override
        public void visit(double[] values) {
            for (double value : values) {
                visit(value);
            }
        }

        @Override
        public double visit(double value) {
            long bits = Double.doubleToRawLongBits(value);
            add((int) (bits >>> Integer.SIZE), (int) bits);
            return value;
        }

        String text() {
            flush();
            return String.format(Locale.ROOT, "%08x", crc.getValue());
        }
    }
}
