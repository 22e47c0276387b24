package io.github.paenmf.spark;

import io.github.paenmf.VariationalModel;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A fitted model as the bytes of its file, which go to executors; each process makes the model of them once. */
final class StoredFit implements Serializable {

    private static final long serialVersionUID = 1;

    private final byte[] bytes;
    private transient VariationalModel model;

    private StoredFit(byte[] bytes, VariationalModel model) {
        this.bytes = bytes;
        this.model = model;
    }

    static StoredFit of(VariationalModel model) throws IOException {
        Path file = Files.createTempFile("paenmf", ".npz");
        try {
            model.save(file);
            return new StoredFit(Files.readAllBytes(file), model);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    /**
     * Of what a model's file holds.
     *
     * @throws io.github.paenmf.data.DataException if that is no model of variational NMF
     */
    static StoredFit of(byte[] bytes) throws IOException {
        StoredFit stored = new StoredFit(bytes, null);
        stored.model = stored.read();
        return stored;
    }

    byte[] bytes() {
        return bytes;
    }

    synchronized VariationalModel model() {
        if (model == null) {
            try {
                model = read();
            } catch (IOException e) {
                throw new UncheckedIOException("the model cannot be read from a temporary file", e);
            }
        }
        return model;
    }

    private VariationalModel read() throws IOException {
        Path file = Files.createTempFile("paenmf", ".npz");
        try {
            Files.write(file, bytes);
            return VariationalModel.load(file);
        } finally {
            Files.deleteIfExists(file);
        }
    }
}
