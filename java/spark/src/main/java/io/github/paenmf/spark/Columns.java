package io.github.paenmf.spark;

import java.util.Arrays;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.param.Param;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Columns that are read, and those that are added. */
final class Columns {

    static final StructType INTERVAL =
            new StructType().add("lower", SQLDataTypes.VectorType()).add("upper", SQLDataTypes.VectorType());

    private Columns() {}

    /**
     * Of a fit.
     *
     * @return those after a transform
     * @throws IllegalArgumentException that says which is missing or of another type, or which parameter has no effect
     */
    static StructType ofFit(NmfParams params, StructType schema) {
        if (params.isSet(params.weightCol())) {
            DataType type =
                    find(schema, params.weightCol(), params.getWeightCol()).dataType();
            require(type instanceof NumericType, params.weightCol(), params.getWeightCol(), type, "a number");
            if (params.getLikelihood().equals("poisson")) {
                throw new IllegalArgumentException("weightCol has no effect with likelihood poisson; leave it out");
            }
        }
        if (params.getCheckpointInterval() == 0) {
            throw new IllegalArgumentException("checkpointInterval must be -1, or at least 1, not 0");
        }
        return ofTransform(params, schema);
    }

    /** Of a transform; likewise. */
    static StructType ofTransform(NmfParams params, StructType schema) {
        String features = params.getFeaturesCol();
        DataType type = find(schema, params.featuresCol(), features).dataType();
        require(type.equals(SQLDataTypes.VectorType()), params.featuresCol(), features, type, "a vector");
        if (params.isSet(params.idCol())) {
            find(schema, params.idCol(), params.getIdCol());
        }
        StructType added = with(schema, params.outputCol(), params.getOutputCol(), SQLDataTypes.VectorType());
        if (params.isSet(params.intervalCol())) {
            return with(added, params.intervalCol(), params.getIntervalCol(), INTERVAL);
        }
        if (params.isSet(params.intervalLevel())) {
            throw new IllegalArgumentException("intervalLevel has no effect without intervalCol; set both, or neither");
        }
        return added;
    }

    private static StructField find(StructType schema, Param<String> param, String name) {
        return Arrays.stream(schema.fields())
                .filter(field -> field.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(param.name() + " is '" + name
                        + "', but there is no such column; there are " + Arrays.toString(schema.fieldNames())));
    }

    private static void require(boolean valid, Param<String> param, String name, DataType type, String expected) {
        if (!valid) {
            throw new IllegalArgumentException(
                    param.name() + " '" + name + "' must be " + expected + ", not " + type.simpleString());
        }
    }

    private static StructType with(StructType schema, Param<String> param, String name, DataType type) {
        if (Arrays.asList(schema.fieldNames()).contains(name)) {
            throw new IllegalArgumentException(
                    param.name() + " '" + name + "' is there already; drop it, or choose another name");
        }
        return schema.add(name, type, false);
    }
}
