package io.github.paenmf.benchmarks;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.model.PaeConfiguration;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * Training steps on demand, so that {@code benchmarks/run-peers} can let contenders take turns: says {@code READY} with
 * its first losses, then answers each {@code RUN <steps>} on stdin with the milliseconds that they took.
 */
public final class StepServer {

    private static final double WARM_UP_BLOCK_MILLISECONDS = 50;
    /** Compiled code has settled when the compiler has been idle for so long. */
    private static final double COMPILER_IDLE_MILLISECONDS = 1500;

    private static final double MAX_WARM_UP_MILLISECONDS = 60_000;

    private StepServer() {}

    /** Serves steps of paenmf: {@code DATA RANK THREADS STEPS_CHECKED}. */
    public static void main(String[] args) throws IOException {
        Matrix data = MatrixReader.read(Path.of(args[0]).toString());
        PaeConfiguration configuration =
                PaeNmf.builder().rank(Integer.parseInt(args[1])).build().configuration();
        Execution execution = Execution.auto().withBackend(Backends.Choice.CPU).withThreads(Integer.parseInt(args[2]));
        try (StepLoop loop = StepLoop.pae(data, configuration, execution)) {
            List<Objective> losses = loop.run(Integer.parseInt(args[3]));
            serve(losses, loop.description(), loop::run);
        }
    }

    /**
     * Warms up and answers until stdin ends.
     *
     * @param losses of the first steps, which the caller holds against those of the oracle
     * @param library what computes
     * @param run makes so many steps and waits for them
     */
    static void serve(List<Objective> losses, String library, IntConsumer run) throws IOException {
        warmUp(run, MAX_WARM_UP_MILLISECONDS);
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put(
                "losses",
                losses.stream()
                        .map(loss -> List.of(loss.reconstruction(), loss.kl()))
                        .toList());
        facts.put("library", "Java " + Runtime.version() + ", " + library);
        System.out.println("READY " + JSON.std.asString(facts));
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            System.out.println(milliseconds(run, Integer.parseInt(line.substring("RUN ".length()))));
        }
    }

    /** Runs steps until the compiler is idle, or for so long. */
    static void warmUp(IntConsumer run, double mostMilliseconds) {
        CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
        int steps = 1;
        double elapsed = 0;
        double idle = 0;
        long compiled = compiler.getTotalCompilationTime();
        while (idle < COMPILER_IDLE_MILLISECONDS && elapsed < mostMilliseconds) {
            double block = milliseconds(run, steps);
            elapsed += block;
            idle += block;
            if (block < WARM_UP_BLOCK_MILLISECONDS) {
                steps *= 2;
            }
            if (compiler.getTotalCompilationTime() != compiled) {
                compiled = compiler.getTotalCompilationTime();
                idle = 0;
            }
        }
    }

    private static double milliseconds(IntConsumer run, int steps) {
        long start = System.nanoTime();
        run.accept(steps);
        return (System.nanoTime() - start) * 1e-6;
    }
}
