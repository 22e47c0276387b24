package io.github.paenmf.benchmarks;

import io.github.paenmf.RankSelection;
import io.github.paenmf.RankSelection.Method;
import io.github.paenmf.benchmarks.PlantedData.Noise;
import io.github.paenmf.benchmarks.PlantedData.Setting;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.Likelihood;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How often each method of {@link RankSelection} finds the rank that was planted: a line of a table for each setting. */
public final class PlantedRanks {

    private static final double NOISE = 0.2;
    private static final double MEAN_COUNT = 2;
    private static final int BEYOND = 6;

    private PlantedRanks() {}

    /** {@code SEEDS RANK,... NOISE,... METHOD...}, a noise of gaussian and counts, a method as in {@code rank --method}. */
    public static void main(String[] args) {
        int seeds = Integer.parseInt(args[0]);
        List<Method> methods = new ArrayList<>();
        for (String name : List.of(args).subList(3, args.length)) {
            methods.add(Method.valueOf(name.toUpperCase(Locale.ROOT)));
        }
        for (String planted : args[1].split(",", -1)) {
            int rank = Integer.parseInt(planted);
            for (double share : new double[] {1, 0.4}) {
                for (String name : args[2].split(",", -1)) {
                    Noise noise = Noise.valueOf(name.toUpperCase(Locale.ROOT));
                    double size = noise == Noise.COUNTS ? MEAN_COUNT : NOISE;
                    measure(new Setting(300, 60, rank, size, share, share, noise), seeds, methods);
                }
            }
        }
    }

    private static void measure(Setting setting, int seeds, List<Method> methods) {
        for (Method method : methods) {
            List<Integer> chosen = new ArrayList<>();
            for (int seed = 0; seed < seeds; seed++) {
                Matrix data = PlantedData.of(setting, seed).data();
                boolean variational = method == Method.ELBO || method == Method.ARD;
                boolean counts = setting.noise() == Noise.COUNTS;
                chosen.add(RankSelection.builder()
                        .method(method)
                        .algorithm(counts && method == Method.STABILITY ? Algorithm.NMF_KL : Algorithm.NMF_HALS)
                        .likelihood(variational && counts ? Likelihood.POISSON : Likelihood.GAUSSIAN)
                        .ranks(1, setting.rank() + BEYOND)
                        .seed(seed)
                        .build()
                        .select(variational ? data : PlantedData.cutOff(data))
                        .chosenRank());
            }
            long found = chosen.stream().filter(r -> r == setting.rank()).count();
            long near = chosen.stream()
                    .filter(r -> Math.abs(r - setting.rank()) <= 1)
                    .count();
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %s | %d | %d | %s |%n",
                    setting,
                    method.name().toLowerCase(Locale.ROOT),
                    found,
                    near,
                    chosen);
        }
    }
}
