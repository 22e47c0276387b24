package io.github.paenmf.spark;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.data.DataException;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A fitted model as the bytes of its file, which go to executors; each process makes the model of them once.
 *
 * @param <F> the kind of model
 */
final class StoredFit<F extends FactorisationModel> implements Serializable {

    private static final long serialVersionUID = 1;

    private final Class<F> kind;
    private final byte[] bytes;
    private transient F model;

    private StoredFit(Class<F> kind, byte[] bytes, F model) {
        this.kind = kind;
        this.bytes = bytes;
        this.model = model;
    }

    static <F extends FactorisationModel> StoredFit<F> of(Class<F> kind, F model) throws IOException {
        Path file = Files.createTempFile("paenmf", ".npz");
        try {
            model.save(file);
            return new StoredFit<>(kind, Files.readAllBytes(file), model);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    /**
     * Of what a model's file holds.
     *
     * @throws DataException if that is no model, or one of another kind
     */
    static <F extends FactorisationModel> StoredFit<F> of(Class<F> kind, byte[] bytes) throws IOException {
        StoredFit<F> stored = new StoredFit<>(kind, bytes, null);
        stored.model = stored.read();
        return stored;
    }

    byte[] bytes() {
        return bytes;
    }

    synchronized F model() {
        if (model == null) {
            try {
                model = read();
            } catch (IOException e) {
                throw new UncheckedIOException("the model cannot be read from a temporary file", e);
            }
        }
        return model;
    }

    private F read() throws IOException {
        Path file = Files.createTempFile("paenmf", ".npz");
        try {
            Files.write(file, bytes);
            FactorisationModel read = FactorisationModel.load(file);
            if (!kind.isInstance(read)) {
                throw new DataException("the model is of " + read.algorithm() + ", another algorithm");
            }
            return kind.cast(read);
        } finally {
            Files.deleteIfExists(file);
        }
    }
}
