package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FittedCovariates;
import io.github.paenmf.data.FittedCovariates.Coding;
import io.github.paenmf.data.FittedCovariates.Levels;
import io.github.paenmf.data.FittedCovariates.Numbers;
import io.github.paenmf.model.FittedEffects;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Covariates in a model file: how they become numbers, a list of objects of the metadata, and their effects, two arrays;
 * none of it of a model without.
 */
final class StoredCovariates {

    private static final String COVARIATES = "covariates";
    private static final String EFFECTS = "covariate_effects";
    private static final String COVARIANCES = "covariate_covariances";

    private StoredCovariates() {}

    static boolean areThere(ModelFields metadata) {
        return metadata.has(COVARIATES);
    }

    static void write(FittedCovariates coding, Map<String, Object> metadata) {
        if (coding.isNone()) {
            return;
        }
        List<Map<String, Object>> columns = new ArrayList<>();
        for (Coding column : coding.columns()) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("name", column.name());
            if (column instanceof Numbers numbers) {
                fields.put("mean", numbers.mean());
                fields.put("deviation", numbers.deviation());
            } else if (column instanceof Levels levels) {
                fields.put("levels", levels.levels());
                fields.put("shares", levels.shares());
            }
            columns.add(fields);
        }
        metadata.put(COVARIATES, columns);
    }

    /**
     * @param effects B, r × q
     */
    static void write(NpzWriter npz, FittedEffects fitted, double[] effects, int rank) throws IOException {
        int q = fitted.coding().width();
        write(npz, fitted.coding(), effects, rank);
        if (q > 0) {
            npz.write(COVARIANCES, fitted.covariances(), rank, q, q);
        }
    }

    /**
     * The same of effects whose covariances are not known.
     *
     * @param effects B, r × q
     */
    static void write(NpzWriter npz, FittedCovariates coding, double[] effects, int rank) throws IOException {
        int q = coding.width();
        if (q > 0) {
            npz.write(EFFECTS, effects, rank, q);
        }
    }

    /**
     * How covariates become numbers.
     *
     * @throws DataException if something is missing or not what it must be
     * @throws IllegalArgumentException if a number is out of range
     */
    static FittedCovariates read(ModelFields metadata) {
        if (!areThere(metadata)) {
            return FittedCovariates.NONE;
        }
        List<Coding> columns = new ArrayList<>();
        for (ModelFields fields : metadata.objects(COVARIATES)) {
            String name = fields.get("name", String.class);
            columns.add(
                    fields.has("levels")
                            ? new Levels(name, fields.texts("levels"), fields.numbers("shares"))
                            : new Numbers(name, fields.number("mean"), fields.number("deviation")));
        }
        if (columns.isEmpty()) {
            throw new DataException(metadata.file() + " is damaged: its metadata have no valid " + COVARIATES);
        }
        return new FittedCovariates(columns);
    }

    /** B, r × q; empty where there are no covariates. */
    static double[] effects(StoredModel stored, int rank) {
        int q = read(stored.metadata()).width();
        return q == 0 ? new double[0] : stored.doubles(EFFECTS, -Double.MAX_VALUE, Double.MAX_VALUE, rank, q);
    }

    static FittedEffects read(StoredModel stored, int rank) {
        FittedCovariates coding = read(stored.metadata());
        int q = coding.width();
        return q == 0
                ? FittedEffects.NONE
                : new FittedEffects(
                        coding, stored.doubles(COVARIANCES, -Double.MAX_VALUE, Double.MAX_VALUE, rank, q, q));
    }
}
