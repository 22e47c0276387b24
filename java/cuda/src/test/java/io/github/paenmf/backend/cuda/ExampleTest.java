package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.math.Weibull;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program that brings its own context and uses JCuda as it comes. */
@Tag("cuda")
@Tag("checkout")
class ExampleTest {

    private static final Path PROGRAM =
            Path.of("../examples/own-kernels/src/main/java/com/example/kernels/SampleOnDevice.java");

    @Test
    void samplesOnBuffersAndStreamOfItsOwn(@TempDir Path folder) {
        // JCuda unpacks its native library into this folder
        String output = CudaProcess.run(PROGRAM, "-Djava.io.tmpdir=" + folder);
        double[] numbers = Pattern.compile("[0-9][0-9.E-]*")
                .matcher(output)
                .results()
                .mapToDouble(number -> Double.parseDouble(number.group()))
                .toArray();
        assertEquals(8 + 1, numbers.length, output);
        float[] noise = new float[4];
        double kl = 0;
        for (int row = 0; row < 2; row++) {
            Philox.uniforms(42, row, 0, Purpose.TRAINING, new int[Philox.WORDS], noise, 0, 4);
            double k = row == 0 ? 1 : 3;
            for (int j = 0; j < 4; j++) {
                double lambda = 0.5 * (1 << j);
                double h = Weibull.sample(k, lambda, noise[j]);
                // FloatMathTest and WeibullKernelsTest have the derived bounds; here a wrong argument must show
                assertEquals(h, numbers[4 * row + j], 1e-5 * h, output);
                kl += Weibull.kl(k, lambda, 1, 1);
            }
        }
        assertEquals(kl, numbers[8], 1e-5 * kl, output);
    }
}
