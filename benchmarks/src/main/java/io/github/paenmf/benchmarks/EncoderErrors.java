package io.github.paenmf.benchmarks;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.Score;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Errors of {@linkplain EncoderVariant variants} of PAE-NMF after some epochs, each fitted afresh: {@code NAME DATA RANK
 * EPOCHS FIRST_SEED SEEDS} prints one JSON object per line for each fit.
 */
public final class EncoderErrors {

    private static final int[] EPOCHS = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};

    private EncoderErrors() {}

    public static void main(String[] args) throws IOException {
        Matrix data = MatrixReader.read(args[1]);
        int rank = Integer.parseInt(args[2]);
        int last = Integer.parseInt(args[3]);
        long first = Long.parseLong(args[4]);
        int[] epochs = IntStream.concat(Arrays.stream(EPOCHS).filter(e -> e < last), IntStream.of(last))
                .toArray();
        for (long seed = first; seed < first + Long.parseLong(args[5]); seed++) {
            for (EncoderVariant variant : EncoderVariant.values()) {
                for (int count : epochs) {
                    PaeNmfModel model = variant.fit(data, rank, count, seed);
                    Score score = model.score(data);
                    Map<String, Object> figures = new LinkedHashMap<>();
                    figures.put("data", args[0]);
                    figures.put("rank", rank);
                    figures.put("seed", seed);
                    figures.put("method", variant.method());
                    figures.put("epochs", count);
                    figures.put("errorMean", score.relativeErrorMean());
                    figures.put("errorSampled", score.relativeErrorSampled());
                    figures.put("kl", score.klPerSample());
                    figures.put("sigma", model.sigma());
                    System.out.println(JSON.std.asString(figures));
                }
            }
        }
    }
}
