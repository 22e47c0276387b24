package io.github.paenmf.spark;

import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.Params;

/** Parameters of all estimators and their models; {@code explainParams()} says what each is. */
public interface NmfParams extends Params {

    /** For this package. */
    ParamSet paramSet();

    default IntParam k() {
        return paramSet().k;
    }

    /** Number of components; 10 unless set. */
    default int getK() {
        return (Integer) getOrDefault(k());
    }

    default IntParam maxIter() {
        return paramSet().maxIter;
    }

    /** Most passes over the data; 200 unless set, of PAE-NMF 1000. */
    default int getMaxIter() {
        return (Integer) getOrDefault(maxIter());
    }

    default DoubleParam tol() {
        return paramSet().tol;
    }

    /** Least improvement of the objective that lets a fit go on; 0, which makes all passes, unless set. */
    default double getTol() {
        return (Double) getOrDefault(tol());
    }

    default LongParam seed() {
        return paramSet().seed;
    }

    /** Random seed; 0 unless set. */
    default long getSeed() {
        return (Long) getOrDefault(seed());
    }

    default Param<String> likelihood() {
        return paramSet().likelihood;
    }

    /** {@code gaussian} unless set, or {@code poisson}. */
    default String getLikelihood() {
        return getOrDefault(likelihood());
    }

    default Param<String> featuresCol() {
        return paramSet().featuresCol;
    }

    /** Name of the column of vectors; {@code features} unless set. */
    default String getFeaturesCol() {
        return getOrDefault(featuresCol());
    }

    default Param<String> outputCol() {
        return paramSet().outputCol;
    }

    /** Name of the column of coefficients; the uid and {@code __output} unless set. */
    default String getOutputCol() {
        return getOrDefault(outputCol());
    }

    default Param<String> intervalCol() {
        return paramSet().intervalCol;
    }

    /**
     * Name of the column of intervals.
     *
     * @throws java.util.NoSuchElementException if none is set
     */
    default String getIntervalCol() {
        return getOrDefault(intervalCol());
    }

    default DoubleParam intervalLevel() {
        return paramSet().intervalLevel;
    }

    /** Probability of the intervals; 0.9 unless set. */
    default double getIntervalLevel() {
        return (Double) getOrDefault(intervalLevel());
    }

    default Param<String> weightCol() {
        return paramSet().weightCol;
    }

    /**
     * Name of the column of weights.
     *
     * @throws java.util.NoSuchElementException if none is set
     */
    default String getWeightCol() {
        return getOrDefault(weightCol());
    }

    default Param<String> idCol() {
        return paramSet().idCol;
    }

    /**
     * Name of the column that tells rows apart.
     *
     * @throws java.util.NoSuchElementException if none is set
     */
    default String getIdCol() {
        return getOrDefault(idCol());
    }

    default IntParam aggregationDepth() {
        return paramSet().aggregationDepth;
    }

    /** Depth of the tree of sums; 2 unless set. */
    default int getAggregationDepth() {
        return (Integer) getOrDefault(aggregationDepth());
    }

    default DoubleParam maxBlockSizeInMB() {
        return paramSet().maxBlockSizeInMB;
    }

    /** Most memory of a block of rows in MB; 0, which is 16, unless set. */
    default double getMaxBlockSizeInMB() {
        return (Double) getOrDefault(maxBlockSizeInMB());
    }

    default IntParam checkpointInterval() {
        return paramSet().checkpointInterval;
    }

    /** Whether blocks of rows are checkpointed, if it is at least 1; -1 unless set. */
    default int getCheckpointInterval() {
        return (Integer) getOrDefault(checkpointInterval());
    }
}
