package io.github.paenmf.io;

import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.SavedModel;
import java.io.IOException;
import java.util.Map;
import java.util.Set;

/**
 * Writes and reads what a model file holds of one kind of model alone: its configuration and its arrays beside the
 * basis. {@link ModelFile} has the rest. A new kind of model is a codec more in {@link ModelFile}'s list.
 *
 * @param <M> the kind of model
 */
interface ModelCodec<M extends SavedModel> {

    /** The kind of model. */
    Class<M> type();

    /** What models of this kind are of. */
    Set<Algorithm> algorithms();

    /** Everything that defines the fit, by its name in the file: numbers, truth values and texts. */
    Map<String, Object> configuration(M model);

    /** Adds what the metadata hold beside the configuration and what every model has; nothing unless overridden. */
    default void addMetadata(M model, Map<String, Object> metadata) {}

    /** Writes the arrays beside the basis, the history and the names; none unless overridden. */
    default void writeArrays(M model, NpzWriter npz) throws IOException {}

    /**
     * Puts a model together.
     *
     * @throws io.github.paenmf.data.DataException if something is missing or not what it must be
     * @throws IllegalArgumentException if a setting is out of range
     */
    M read(StoredModel stored);
}
