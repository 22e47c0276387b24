package io.github.paenmf.example;

import io.github.paenmf.Latent;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;
import java.nio.file.Path;

/** The README's program that uses the library. */
public final class FitAndTransform {

    private FitAndTransform() {}

    public static void main(String[] arguments) throws IOException {
        Matrix data = MatrixReader.read("counts.csv");
        PaeNmfModel model = PaeNmf.builder().rank(10).epochs(1000).build().fit(data);

        Latent latent = model.transform(data); // λ and k of every coefficient, samples × components
        Matrix lower = latent.quantile(0.05);
        Matrix upper = latent.quantile(0.95);
        Matrix basis = model.basis(); // features × components, in the units of the data
        model.save(Path.of("model.npz"));
        System.out.println(lower.rows() + upper.rows() + basis.rows());
    }
}
