package io.github.paenmf.spark;

import io.github.paenmf.Latent;
import io.github.paenmf.ProbabilisticModel;
import io.github.paenmf.SampleIds;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.Algorithm;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;

/**
 * Adds coefficients to rows, some hundred at a time, since a sweep over one row takes hardly less than one over many.
 *
 * @param <F> the kind of model
 */
final class TransformOfRows<F extends ProbabilisticModel> implements MapPartitionsFunction<Row, Row> {

    private static final long serialVersionUID = 1;

    private static final int MOST_ROWS = Matrix.ROW_ALIGNMENT;
    private static final long MOST_BYTES = 1 << 26;

    private final Broadcast<StoredFit<F>> fit;
    private final String features;
    private final int at;
    /** −1 without. */
    private final int idAt;
    /** NaN without intervals. */
    private final double level;

    TransformOfRows(Broadcast<StoredFit<F>> fit, NmfParams params, StructType schema) {
        this.fit = fit;
        this.features = params.getFeaturesCol();
        this.at = schema.fieldIndex(features);
        this.idAt = params.isSet(params.idCol()) ? schema.fieldIndex(params.getIdCol()) : -1;
        this.level = params.isSet(params.intervalCol()) ? params.getIntervalLevel() : Double.NaN;
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        ProbabilisticModel model = fit.getValue().model().withExecution(TaskExecution.ofProcessors());
        boolean nonNegative = model.isOfCounts() || model.algorithm() == Algorithm.PAE;
        RowBlock.Builder builder = new RowBlock.Builder(features, nonNegative, MOST_BYTES, MOST_ROWS);
        return new Iterator<>() {
            private Iterator<Row> made = Collections.emptyIterator();

            @Override
            public boolean hasNext() {
                while (!made.hasNext() && rows.hasNext()) {
                    made = nextRows(rows, builder, model);
                }
                return made.hasNext();
            }

            @Override
            public Row next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                return made.next();
            }
        };
    }

    private Iterator<Row> nextRows(Iterator<Row> rows, RowBlock.Builder builder, ProbabilisticModel model) {
        List<Row> some = new ArrayList<>();
        while (rows.hasNext() && !builder.isFull()) {
            Row row = rows.next();
            Object id = idAt < 0 || row.isNullAt(idAt) ? null : row.get(idAt);
            builder.add((Vector) row.get(at), 1, 0, BlocksOfRows.name(id == null ? null : id.toString()));
            some.add(row);
        }
        RowSource data = builder.build().data();
        if (Double.isNaN(level)) {
            Matrix coefficients = model.coefficients(data);
            return added(some, coefficients, null).iterator();
        }
        Latent latent = model.transform(data);
        return added(some, latent.median(), bounds(model, data, latent)).iterator();
    }

    private VariationalModel.Bounds bounds(ProbabilisticModel model, RowSource data, Latent latent) {
        if (model instanceof VariationalModel variational) {
            return variational.intervals(data, latent, level, SampleIds.of(data));
        }
        double beyond = (1 - level) / 2;
        return new VariationalModel.Bounds(latent.quantile(beyond), latent.quantile(1 - beyond));
    }

    /**
     * @param bounds null without
     */
    private static List<Row> added(List<Row> rows, Matrix coefficients, VariationalModel.Bounds bounds) {
        List<Row> result = new ArrayList<>(rows.size());
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            Object[] values = new Object[row.length() + (bounds == null ? 1 : 2)];
            for (int c = 0; c < row.length(); c++) {
                values[c] = row.get(c);
            }
            values[row.length()] = vector(coefficients, i);
            if (bounds != null) {
                values[row.length() + 1] = RowFactory.create(vector(bounds.lower(), i), vector(bounds.upper(), i));
            }
            result.add(RowFactory.create(values));
        }
        return result;
    }

    private static Vector vector(Matrix matrix, int row) {
        double[] values = new double[matrix.columns()];
        for (int j = 0; j < values.length; j++) {
            values[j] = matrix.get(row, j);
        }
        return Vectors.dense(values);
    }
}
