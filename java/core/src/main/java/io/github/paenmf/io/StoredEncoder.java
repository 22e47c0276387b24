package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.model.EncoderLayer;
import io.github.paenmf.model.PosteriorEncoder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** An encoder of posteriors in a model file: weights, units × inputs, and biases of each layer. */
final class StoredEncoder {

    private StoredEncoder() {}

    private static final String WHITENING = "encoder_whitening";
    private static final String SKIP = "encoder_skip";
    private static final String OUTPUT = "output";

    /** Nothing where there is none. */
    static void write(NpzWriter npz, PosteriorEncoder encoder) throws IOException {
        if (encoder == null) {
            return;
        }
        int r = encoder.rank();
        npz.write(WHITENING, encoder.whitening(), r, r);
        for (int l = 0; l < encoder.hidden().size(); l++) {
            write(npz, hidden(l), encoder.hidden().get(l));
        }
        write(npz, OUTPUT, encoder.output());
        npz.write(SKIP, encoder.skip(), r, r);
    }

    private static void write(NpzWriter npz, String name, EncoderLayer layer) throws IOException {
        npz.write(weights(name), layer.weights(), layer.outputs(), layer.inputs());
        npz.write(biases(name), layer.biases(), layer.outputs());
    }

    private static String hidden(int layer) {
        return "hidden_" + (layer + 1);
    }

    private static String weights(String layer) {
        return "encoder_W_" + layer;
    }

    private static String biases(String layer) {
        return "encoder_b_" + layer;
    }

    /**
     * @return null where there is none
     * @throws DataException if the layers do not fit each other
     */
    static PosteriorEncoder read(StoredModel stored, int rank) {
        if (!stored.has(WHITENING)) {
            return null;
        }
        List<EncoderLayer> layers = new ArrayList<>();
        int inputs = rank + 1;
        while (stored.has(weights(hidden(layers.size())))) {
            String name = hidden(layers.size());
            layers.add(layer(stored, name, inputs, stored.length(biases(name))));
            inputs = layers.get(layers.size() - 1).outputs();
        }
        if (layers.isEmpty()) {
            throw new DataException(stored.file() + " is damaged: its encoder has no hidden layer");
        }
        return new PosteriorEncoder(
                stored.finite(WHITENING, rank, rank),
                layers,
                layer(stored, OUTPUT, inputs, rank),
                stored.finite(SKIP, rank, rank));
    }

    private static EncoderLayer layer(StoredModel stored, String name, int inputs, int outputs) {
        return new EncoderLayer(
                inputs, outputs, stored.finite(weights(name), outputs, inputs), stored.finite(biases(name), outputs));
    }
}
