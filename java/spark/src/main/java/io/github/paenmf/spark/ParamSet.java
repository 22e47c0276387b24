package io.github.paenmf.spark;

import io.github.paenmf.model.Likelihood;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.param.Params;

/** The parameters themselves, which belong to one estimator or model; {@link NmfParams} gives them out. */
public class ParamSet implements Serializable {

    private static final long serialVersionUID = 1;

    final IntParam k;
    final IntParam maxIter;
    final DoubleParam tol;
    final LongParam seed;
    final Param<String> likelihood;
    final Param<String> featuresCol;
    final Param<String> outputCol;
    final Param<String> intervalCol;
    final DoubleParam intervalLevel;
    final Param<String> weightCol;
    final Param<String> idCol;
    final IntParam aggregationDepth;
    final DoubleParam maxBlockSizeInMB;
    final IntParam checkpointInterval;

    /**
     * @param improvement what {@code tol} is the least of
     */
    ParamSet(Params parent, String improvement) {
        k = new IntParam(parent, "k", "number of components (> 0)", ParamValidators.gt(0));
        maxIter = new IntParam(parent, "maxIter", "most passes over the data (>= 1)", ParamValidators.gtEq(1));
        tol = new DoubleParam(
                parent,
                "tol",
                improvement + ", that lets a fit go on; 0 for all maxIter passes (>= 0, < 1)",
                ParamValidators.inRange(0, 1, true, false));
        seed = new LongParam(parent, "seed", "random seed");
        likelihood = new Param<>(
                parent,
                "likelihood",
                "how data vary around the fit: gaussian, or poisson for counts",
                ParamValidators.inArray(names()));
        featuresCol = new Param<>(parent, "featuresCol", "features column name");
        outputCol = new Param<>(parent, "outputCol", "output column name, of the coefficients (vector of k)");
        intervalCol = new Param<>(
                parent,
                "intervalCol",
                "column name of credible intervals of the coefficients, (lower, upper), vectors of k each; without, none"
                        + " are made");
        intervalLevel = new DoubleParam(
                parent,
                "intervalLevel",
                "probability of the intervals (> 0, < 1)",
                ParamValidators.inRange(0, 1, false, false));
        weightCol = new Param<>(
                parent,
                "weightCol",
                "weight column name, how often a row counts (>= 0); without, each row counts once");
        idCol = new Param<>(
                parent,
                "idCol",
                "column name of what tells rows apart: rows of a partition are gone through in its order, noise goes by it, and"
                        + " messages name rows by it; without, all go by the values of rows");
        aggregationDepth = new IntParam(
                parent, "aggregationDepth", "suggested depth of the tree of sums (>= 1)", ParamValidators.gtEq(1));
        maxBlockSizeInMB = new DoubleParam(
                parent,
                "maxBlockSizeInMB",
                "most memory in MB of a block of rows; 0 for 16 MB (>= 0, < 1024)",
                ParamValidators.inRange(0, 1024, true, false));
        checkpointInterval = new IntParam(
                parent,
                "checkpointInterval",
                "1 or more writes the blocks of rows to the checkpoint directory, once, since they do not change from pass to"
                        + " pass; -1 does not",
                ParamValidators.inRange(-1, Integer.MAX_VALUE));
    }

    /**
     * Gives the owner the values that parameters have unless set.
     *
     * @param passes of maxIter
     */
    void setDefaults(Params owner, int passes) {
        owner.setDefault(k, 10);
        owner.setDefault(maxIter, passes);
        owner.setDefault(tol, 0.0);
        owner.setDefault(seed, 0L);
        owner.setDefault(likelihood, "gaussian");
        owner.setDefault(featuresCol, "features");
        owner.setDefault(outputCol, owner.uid() + "__output");
        owner.setDefault(intervalLevel, 0.9);
        owner.setDefault(aggregationDepth, 2);
        owner.setDefault(maxBlockSizeInMB, 0.0);
        owner.setDefault(checkpointInterval, -1);
    }

    private static List<String> names() {
        return Arrays.stream(Likelihood.values())
                .map(value -> value.name().toLowerCase(Locale.ROOT))
                .toList();
    }
}
