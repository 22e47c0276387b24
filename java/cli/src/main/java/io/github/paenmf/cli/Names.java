package io.github.paenmf.cli;

import io.github.paenmf.RankSelection;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Blas;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.cli.experiment.DataSet;
import io.github.paenmf.data.FeatureScale;
import io.github.paenmf.io.ReadOptions.Decimal;
import io.github.paenmf.io.ReadOptions.Presence;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NoiseVariance;
import io.github.paenmf.model.Normalisation;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.Resample;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.model.Zeros;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The values of an option as the user writes them, in lower case: for the parser, help and completion. */
abstract class Names<E extends Enum<E>> implements ITypeConverter<E>, Iterable<String> {

    private final E[] values;

    private Names(E[] values) {
        this.values = values;
    }

    /** Teaches a command line all of these names. */
    static void register(CommandLine commandLine) {
        commandLine
                .registerConverter(Algorithm.class, new Algorithms())
                .registerConverter(AlgorithmOptions.Start.class, new Starts())
                .registerConverter(Zeros.class, new ZerosNames())
                .registerConverter(IntervalMethod.class, new IntervalMethods())
                .registerConverter(Likelihood.class, new Likelihoods())
                .registerConverter(NoiseVariance.class, new NoiseVariances())
                .registerConverter(Optimiser.class, new Optimisers())
                .registerConverter(Heads.class, new HeadNames())
                .registerConverter(TrainOn.class, new TrainOnNames())
                .registerConverter(DecoderUpdate.class, new DecoderUpdates())
                .registerConverter(Backends.Choice.class, new BackendNames())
                .registerConverter(Blas.class, new BlasNames())
                .registerConverter(Precision.class, new Precisions())
                .registerConverter(Presence.class, new Presences())
                .registerConverter(ReaderOptions.MissingRule.class, new MissingRules())
                .registerConverter(Decimal.class, new Decimals())
                .registerConverter(PlotCommand.What.class, new Drawings())
                .registerConverter(BasisCommand.Intervals.class, new BasisIntervals())
                .registerConverter(BasisCommand.By.class, new TopOrders())
                .registerConverter(Resample.class, new Resamples())
                .registerConverter(RankSelection.Method.class, new RankMethods())
                .registerConverter(FeatureScale.class, new FeatureScales())
                .registerConverter(Normalisation.class, new Normalisations())
                .registerConverter(DataSet.class, new Experiments());
    }

    static String of(Enum<?> value) {
        return value.toString().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public final E convert(String text) {
        for (E value : values) {
            if (of(value).equals(text)) {
                return value;
            }
        }
        throw new TypeConversionException("'" + text + "' is not one of " + String.join(", ", names()));
    }

    @Override
    public final Iterator<String> iterator() {
        return names().iterator();
    }

    private List<String> names() {
        return Arrays.stream(values).map(Names::of).toList();
    }

    static final class Algorithms extends Names<Algorithm> {
        Algorithms() {
            super(Algorithm.values());
        }
    }

    static final class IntervalMethods extends Names<IntervalMethod> {
        IntervalMethods() {
            super(IntervalMethod.values());
        }
    }

    static final class Likelihoods extends Names<Likelihood> {
        Likelihoods() {
            super(Likelihood.values());
        }
    }

    static final class NoiseVariances extends Names<NoiseVariance> {
        NoiseVariances() {
            super(NoiseVariance.values());
        }
    }

    static final class ZerosNames extends Names<Zeros> {
        ZerosNames() {
            super(Zeros.values());
        }
    }

    static final class Starts extends Names<AlgorithmOptions.Start> {
        Starts() {
            super(AlgorithmOptions.Start.values());
        }
    }

    static final class TopOrders extends Names<BasisCommand.By> {
        TopOrders() {
            super(BasisCommand.By.values());
        }
    }

    static final class BasisIntervals extends Names<BasisCommand.Intervals> {
        BasisIntervals() {
            super(BasisCommand.Intervals.values());
        }
    }

    static final class Resamples extends Names<Resample> {
        Resamples() {
            super(Resample.values());
        }
    }

    static final class RankMethods extends Names<RankSelection.Method> {
        RankMethods() {
            super(RankSelection.Method.values());
        }
    }

    static final class Experiments extends Names<DataSet> {
        Experiments() {
            super(DataSet.values());
        }
    }

    static final class Optimisers extends Names<Optimiser> {
        Optimisers() {
            super(Optimiser.values());
        }
    }

    static final class HeadNames extends Names<Heads> {
        HeadNames() {
            super(Heads.values());
        }
    }

    static final class TrainOnNames extends Names<TrainOn> {
        TrainOnNames() {
            super(TrainOn.values());
        }
    }

    static final class DecoderUpdates extends Names<DecoderUpdate> {
        DecoderUpdates() {
            super(DecoderUpdate.values());
        }
    }

    static final class BackendNames extends Names<Backends.Choice> {
        BackendNames() {
            super(Backends.Choice.values());
        }
    }

    static final class BlasNames extends Names<Blas> {
        BlasNames() {
            super(Blas.values());
        }
    }

    static final class Precisions extends Names<Precision> {
        Precisions() {
            super(Precision.values());
        }
    }

    static final class MissingRules extends Names<ReaderOptions.MissingRule> {
        MissingRules() {
            super(ReaderOptions.MissingRule.values());
        }
    }

    static final class Decimals extends Names<Decimal> {
        Decimals() {
            super(Decimal.values());
        }
    }

    static final class Presences extends Names<Presence> {
        Presences() {
            super(Presence.values());
        }
    }

    static final class FeatureScales extends Names<FeatureScale> {
        FeatureScales() {
            super(FeatureScale.values());
        }
    }

    static final class Normalisations extends Names<Normalisation> {
        Normalisations() {
            super(Normalisation.values());
        }
    }

    static final class Drawings extends Names<PlotCommand.What> {
        Drawings() {
            super(PlotCommand.What.values());
        }
    }
}
