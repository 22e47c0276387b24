package io.github.paenmf;

import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.MixedWeibull;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Samples of latents. Noise goes by the seed, the id of the sample, the number of the draw and the component.
 *
 * @param ids one per sample
 */
record Draws(Latent latent, long[] ids, long seed, Purpose purpose) {

    /** One sample of each latent, n × r. */
    Matrix draw(int number, RowBlocks blocks) {
        Matrix drawn = rows(ids.length, number, blocks);
        return drawn.withNames(latent.lambda().rowNames(), List.of());
    }

    /**
     * Row i is draw i / n of sample i mod n.
     *
     * @return count × r
     */
    Matrix inTurn(int count, RowBlocks blocks) {
        List<String> names = latent.lambda().rowNames();
        Matrix drawn = rows(count, 0, blocks);
        return names.isEmpty()
                ? drawn
                : drawn.withNames(
                        IntStream.range(0, count)
                                .mapToObj(i -> names.get(i % names.size()))
                                .toList(),
                        List.of());
    }

    private Matrix rows(int count, int firstDraw, RowBlocks blocks) {
        int rank = latent.lambda().columns();
        int samples = ids.length;
        Matrix result = Matrix.zeros(count, rank);
        blocks.forBlocks(count, (first, rows) -> {
            int[] words = new int[Philox.WORDS];
            float[] noise = new float[rank];
            float[] k = new float[rank];
            float[] lambda = new float[rank];
            for (int i = first; i < first + rows; i++) {
                int sample = i % samples;
                int draw = firstDraw + i / samples;
                Philox.uniforms(seed, ids[sample], draw, purpose, words, noise, 0, rank);
                latent.lambda().copyRow(sample, lambda, 0);
                latent.k().copyRow(sample, k, 0);
                float[] target = result.storage(i);
                int offset = result.offset(i);
                for (int j = 0; j < rank; j++) {
                    target[offset + j] =
                            (float) MixedWeibull.sample(k[j], lambda[j], latent.inclusion(sample, j), noise[j]);
                }
            }
        });
        return result;
    }
}
