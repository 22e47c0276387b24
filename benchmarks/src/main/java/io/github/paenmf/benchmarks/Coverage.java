package io.github.paenmf.benchmarks;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.Latent;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.VariationalModel.Bounds;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.benchmarks.PlantedData.Noise;
import io.github.paenmf.benchmarks.PlantedData.Setting;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NoiseVariance;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleFunction;

/** How often intervals hold what was planted: one JSON object per line for each fit. */
public final class Coverage {

    private static final double[] LEVELS = {0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99};
    /** The middle of whose intervals sets the scale. */
    private static final double SCALED_AT = 0.9;

    /** The set of data with missing entries, followed by their share. */
    private static final String MISSING = "missing=";

    /** The method whose posteriors are its encoder's, with so many sweeps after it, and intervals by the rotation. */
    private static final String ENCODER = "encoder-";

    private static final int EPOCHS = 200;
    private static final int PAE_EPOCHS = 500;

    private final Setting setting;
    private final PlantedData planted;
    private final long seed;
    private final double missing;

    /**
     * @param missing share of the entries that are missing
     */
    private Coverage(Setting setting, long seed, double missing) {
        this.setting = setting;
        PlantedData complete = PlantedData.of(setting, seed);
        this.planted = missing > 0 ? complete.without(missing, seed) : complete;
        this.seed = seed;
        this.missing = missing;
    }

    /**
     * Fits and prints: {@code settings|noise|counts|missing=SHARE FIRST_SEED SEEDS METHOD...}, a method as in {@code fit --intervals}, {@code encoder-SWEEPS}, an
     * {@link EncoderVariant}, or one of {@link FlashierPeer}.
     */
    public static void main(String[] args) throws IOException {
        String set = args[0];
        long first = Long.parseLong(args[1]);
        long seeds = Long.parseLong(args[2]);
        List<String> methods = List.of(args).subList(3, args.length);
        boolean beside = methods.stream().anyMatch(method -> method.startsWith(FlashierPeer.METHODS));
        try (FlashierPeer peer = beside ? FlashierPeer.start(LEVELS) : null) {
            for (long seed = first; seed < first + seeds; seed++) {
                measure(set, seed, methods, peer);
            }
        }
    }

    private static void measure(String set, long seed, List<String> methods, FlashierPeer peer) throws IOException {
        boolean kinds = set.equals("noise");
        double missing = set.startsWith(MISSING) ? Double.parseDouble(set.substring(MISSING.length())) : 0;
        for (Setting setting : settings(set)) {
            Coverage coverage = new Coverage(setting, seed, missing);
            for (String method : methods) {
                if (method.startsWith("pae")) {
                    print(coverage.ofPae(EncoderVariant.of(method)));
                } else if (method.startsWith(FlashierPeer.METHODS)) {
                    print(coverage.ofPeer(peer, method));
                } else if (kinds) {
                    for (NoiseVariance variance : NoiseVariance.values()) {
                        print(coverage.ofVariational(method, variance));
                    }
                } else {
                    print(coverage.ofVariational(method, NoiseVariance.MEASURED));
                }
            }
        }
    }

    private static void print(Map<String, Object> figures) throws IOException {
        System.out.println(JSON.std.asString(figures));
    }

    private static List<Setting> settings(String set) {
        if (set.startsWith(MISSING)) {
            return incomplete();
        }
        return switch (set) {
            case "noise" -> kindsOfNoise();
            case "counts" -> counts();
            default -> settings();
        };
    }

    private static List<Setting> incomplete() {
        double[][] shapes = {{500, 60, 4, .1}, {60, 500, 4, .3}, {200, 300, 6, .2}};
        List<Setting> settings = new ArrayList<>();
        for (double[] s : shapes) {
            for (double share : new double[] {1, .3}) {
                settings.add(new Setting((int) s[0], (int) s[1], (int) s[2], s[3], share, share, Noise.GAUSSIAN));
            }
        }
        return settings;
    }

    private static List<Setting> settings() {
        double[][] shapes = {
            {500, 60, 4, .1},
            {500, 60, 4, .3},
            {2000, 100, 8, .2},
            {200, 300, 6, .2},
            {60, 500, 4, .3},
            {100, 100, 5, .2}
        };
        double[][] shares = {{1, 1}, {.3, 1}, {.3, .3}};
        List<Setting> settings = new ArrayList<>();
        for (double[] s : shapes) {
            for (double[] share : shares) {
                settings.add(new Setting((int) s[0], (int) s[1], (int) s[2], s[3], share[0], share[1], Noise.GAUSSIAN));
            }
        }
        return settings;
    }

    private static List<Setting> counts() {
        int[][] shapes = {{500, 60, 4}, {60, 500, 4}, {200, 300, 6}};
        List<Setting> settings = new ArrayList<>();
        for (int[] s : shapes) {
            for (double mean : new double[] {1, 5, 20}) {
                settings.add(new Setting(s[0], s[1], s[2], mean, 1, 1, Noise.COUNTS));
            }
        }
        return settings;
    }

    private static List<Setting> kindsOfNoise() {
        List<Setting> settings = new ArrayList<>();
        for (Noise noise : Noise.values()) {
            if (noise == Noise.COUNTS) {
                continue; // which has a likelihood of its own
            }
            settings.add(new Setting(300, 80, 5, .2, .5, .7, noise));
        }
        return settings;
    }

    private Map<String, Object> ofVariational(String method, NoiseVariance variance) {
        boolean encoder = method.startsWith(ENCODER);
        IntervalMethod intervals = encoder
                ? IntervalMethod.ROTATION
                : IntervalMethod.valueOf(method.toUpperCase(Locale.ROOT).replace('-', '_'));
        VariationalNmf.Builder builder = VariationalNmf.builder()
                .rank(setting.rank())
                .epochs(EPOCHS)
                .intervals(intervals)
                .seed(seed)
                .missing(missing > 0)
                .backend(Backends.Choice.CPU);
        if (setting.noise() == Noise.COUNTS) {
            builder.likelihood(Likelihood.POISSON);
        } else if (intervals.usesNoise()) { // on the others it has no effect, and is refused
            builder.noise(variance);
        }
        if (encoder) {
            builder.encoder();
        }
        VariationalModel fitted = builder.build().fit(planted.data());
        VariationalModel model =
                encoder ? fitted.withEncoder(Integer.parseInt(method.substring(ENCODER.length()))) : fitted;
        Matching matching = Matching.of(planted.basis(), model.basis());
        Map<String, Object> figures = facts(method, matching);
        figures.put("noiseVariance", variance.name().toLowerCase(Locale.ROOT));
        if (model.intervalMethod() == IntervalMethod.SAMPLED) {
            figures.put("effectiveSize", rounded(model.effectiveSize()));
        }
        coefficients(
                figures,
                matching,
                level -> model.intervals(planted.data(), level),
                level -> model.intervals(planted.newData(), level));
        put(figures, "W", matching, planted.basis(), model::basisIntervals);
        put(
                figures,
                "H",
                matching.inclusion(
                        planted.coefficients(), model.transform(planted.data()).inclusion()));
        put(figures, "W", matching.inclusion(planted.basis(), model.basisInclusion()));
        return figures;
    }

    /** Which refuses values below 0: they are set to 0. */
    private Map<String, Object> ofPae(EncoderVariant variant) {
        Matrix data = PlantedData.cutOff(planted.data());
        PaeNmfModel model = variant.fit(data, setting.rank(), PAE_EPOCHS, seed);
        Matching matching = Matching.of(planted.basis(), model.basis());
        Map<String, Object> figures = facts(variant.method(), matching);
        Latent latent = model.transform(data);
        Latent added = model.transform(PlantedData.cutOff(planted.newData()));
        coefficients(figures, matching, level -> bounds(latent, level), level -> bounds(added, level));
        return figures;
    }

    /** It has no way to the coefficients of new rows. */
    private Map<String, Object> ofPeer(FlashierPeer peer, String method) throws IOException {
        FlashierPeer.Fit fit = peer.fit(method, planted.data(), setting.rank(), seed);
        FlashierPeer.Factor basis = fit.basis();
        FlashierPeer.Factor coefficients = fit.coefficients();
        Matching matching = Matching.of(planted.basis(), basis.mean());
        Map<String, Object> figures = facts(method, matching);
        figures.putAll(fit.facts());
        put(figures, "H", matching, planted.coefficients(), coefficients::bounds);
        put(figures, "W", matching, planted.basis(), basis::bounds);
        put(figures, "H", matching.inclusion(planted.coefficients(), coefficients.inclusion()));
        put(figures, "W", matching.inclusion(planted.basis(), basis.inclusion()));
        return figures;
    }

    private static Bounds bounds(Latent latent, double level) {
        return new Bounds(latent.quantile((1 - level) / 2), latent.quantile((1 + level) / 2));
    }

    private Map<String, Object> facts(String method, Matching matching) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("setting", setting.toString());
        facts.put("rows", setting.rows());
        facts.put("columns", setting.columns());
        facts.put("rank", setting.rank());
        facts.put("sigma", setting.sigma());
        facts.put("basisShare", setting.basisShare());
        facts.put("coefficientShare", setting.coefficientShare());
        facts.put("noise", setting.noise().title());
        if (missing > 0) {
            facts.put("missing", missing);
        }
        facts.put("seed", seed);
        facts.put("method", method);
        facts.put("leastCosine", rounded(matching.leastCosine()));
        facts.put("levels", LEVELS);
        return facts;
    }

    /** New rows take the scale of those that were trained on: what a component is, is settled by then. */
    private void coefficients(
            Map<String, Object> figures,
            Matching matching,
            DoubleFunction<Bounds> trained,
            DoubleFunction<Bounds> added) {
        Bounds scaled = trained.apply(SCALED_AT);
        double[] scales = matching.scales(planted.coefficients(), scaled.lower(), scaled.upper());
        put(figures, "H", matching, planted.coefficients(), scales, trained);
        put(figures, "new", matching, planted.newCoefficients(), scales, added);
    }

    private static void put(
            Map<String, Object> figures,
            String name,
            Matching matching,
            double[][] truth,
            DoubleFunction<Bounds> bounds) {
        Bounds scaled = bounds.apply(SCALED_AT);
        put(figures, name, matching, truth, matching.scales(truth, scaled.lower(), scaled.upper()), bounds);
    }

    private static void put(
            Map<String, Object> figures,
            String name,
            Matching matching,
            double[][] truth,
            double[] scales,
            DoubleFunction<Bounds> bounds) {
        double[] all = new double[LEVELS.length];
        double[] nonzero = new double[LEVELS.length];
        for (int i = 0; i < LEVELS.length; i++) {
            Bounds at = bounds.apply(LEVELS[i]);
            double[] held = matching.held(truth, scales, at.lower(), at.upper());
            all[i] = rounded(held[0]);
            nonzero[i] = rounded(held[1]);
        }
        figures.put(name, all);
        figures.put(name + "Nonzero", nonzero);
    }

    /** The first is left out where nothing is 0. */
    private static void put(Map<String, Object> figures, String name, double[] inclusion) {
        if (!Double.isNaN(inclusion[0])) {
            figures.put(name + "InclusionOfZeros", rounded(inclusion[0]));
        }
        figures.put(name + "InclusionOfNonzeros", rounded(inclusion[1]));
    }

    private static double rounded(double value) {
        return Math.rint(value * 1e5) / 1e5;
    }
}
