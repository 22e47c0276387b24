package com.example.modules;

import io.github.paenmf.VariationalNmf;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;

/** A program on the module path. */
public final class Main {

    private Main() {}

    public static void main(String[] arguments) throws IOException {
        Matrix digits = MatrixReader.read("demo:digits");
        VariationalModel model =
                VariationalNmf.builder().rank(16).epochs(20).build().fit(digits);
        System.out.printf(
                "%s and %s: relative error %.3f%n",
                Main.class.getModule(),
                VariationalNmf.class.getModule(),
                model.score(digits).relativeError());
    }
}
