package com.example.stream;

import io.github.paenmf.FactorisationSession;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;
import java.util.stream.IntStream;

/** New rows arrive in batches: each is looked at with the model of the day before, which then learns from it. */
public final class NewRows {

    private static final int BATCH = 250;

    private NewRows() {}

    public static void main(String[] arguments) throws IOException {
        Matrix digits = MatrixReader.read("demo:digits"); // 1797 images of 8 × 8 pixels
        PaeNmf first = PaeNmf.builder().rank(16).epochs(200).build();
        PaeNmf more = PaeNmf.builder().rank(16).epochs(40).build();

        PaeNmfModel model = first.fit(rows(digits, 0));
        for (int start = BATCH; start + BATCH <= digits.rows(); start += BATCH) {
            Matrix batch = rows(digits, start);
            double before = model.score(batch).relativeError();
            float strongest = 0;
            try (FactorisationSession session = model.openSession()) { // for many small calls
                for (int i = 0; i < BATCH; i++) {
                    Matrix row = batch.selectRows(new int[] {i});
                    strongest = Math.max(strongest, session.coefficients(row).get(0, 0));
                }
            }
            model = more.update(model, batch);
            System.out.printf(
                    "rows %d to %d: relative error %.3f, after the update %.3f; component 0 up to %.3g%n",
                    start, start + BATCH - 1, before, model.score(batch).relativeError(), strongest);
        }
    }

    private static Matrix rows(Matrix data, int start) {
        return data.selectRows(IntStream.range(start, start + BATCH).toArray());
    }
}
