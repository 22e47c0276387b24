package com.example.embed;

import io.github.paenmf.Latent;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;
import java.nio.file.Path;

/** Fits a model to counts.csv in the current folder, and saves it: the program of the README. */
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
        System.out.printf(
                "row 0, component 0: 90 %% between %.3g and %.3g; %d features%n",
                lower.get(0, 0), upper.get(0, 0), basis.rows());
    }
}
