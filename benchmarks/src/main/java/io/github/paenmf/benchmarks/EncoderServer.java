package io.github.paenmf.benchmarks;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.ProbabilisticSession;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Encoders with hidden layers on demand, for {@code benchmarks/hidden}: training steps, {@code step DATA RANK THREADS UNITS,...}, or
 * passes of an encoder of posteriors over rows, {@code encode DATA MODEL THREADS ROWS}.
 */
public final class EncoderServer {

    private EncoderServer() {}

    /** Serves as {@link StepServer} does. */
    public static void main(String[] args) throws IOException {
        Matrix data = MatrixReader.read(args[1]);
        Execution execution = Execution.auto().withBackend(Backends.Choice.CPU).withThreads(Integer.parseInt(args[3]));
        if (args[0].equals("step")) {
            int[] hidden = Arrays.stream(args[4].split(","))
                    .mapToInt(Integer::parseInt)
                    .toArray();
            PaeNmf.Builder builder =
                    PaeNmf.builder().rank(Integer.parseInt(args[2])).hidden(hidden);
            try (StepLoop loop = StepLoop.pae(data, builder.build().configuration(), execution)) {
                StepServer.serve(loop.run(1), loop.description(), loop::run);
            }
            return;
        }
        VariationalModel model =
                VariationalModel.load(Path.of(args[2])).withEncoder(0).withExecution(execution);
        int[] repeated = IntStream.range(0, Integer.parseInt(args[4]))
                .map(i -> i % data.rows())
                .toArray();
        RowSource rows = data.selectRows(repeated);
        try (ProbabilisticSession session = model.openSession()) {
            StepServer.serve(List.of(), "encoder of posteriors", count -> {
                for (int i = 0; i < count; i++) {
                    session.transform(rows);
                }
            });
        }
    }
}
