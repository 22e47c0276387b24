package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FeatureNamesException;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SizeFactors;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** How the columns of an input are taken for the features of a model. */
final class FeatureOptions {

    static final String IGNORE_NAMES = "--ignore-names";

    @Option(
            names = IGNORE_NAMES,
            description =
                    "Take the columns of INPUT by position, whatever their names. Otherwise, where INPUT and MODEL"
                            + " have names, these must be the same; columns in another order are put in that of MODEL.")
    private boolean ignoreNames;

    @Option(
            names = ScalingOptions.SIZE_FACTORS,
            paramLabel = "FILE",
            description =
                    "A number above 0 for each row of INPUT, by which it is divided, with or without names: of a MODEL"
                            + " that was fitted with such a file.")
    private String sizeFactors;

    /**
     * @throws ParameterException if an option was given that has no effect without an input
     */
    void requireInput(Subcommand command) {
        requireInput(command, IGNORE_NAMES, ignoreNames);
        requireInputForSizeFactors(command);
    }

    /**
     * @throws ParameterException if size factors were given without an input
     */
    void requireInputForSizeFactors(Subcommand command) {
        requireInput(command, ScalingOptions.SIZE_FACTORS, sizeFactors != null);
    }

    private static void requireInput(Subcommand command, String option, boolean given) {
        if (given) {
            throw command.usage(option + " has no effect without INPUT; leave it out");
        }
    }

    boolean ignoresNames() {
        return ignoreNames;
    }

    private Input withSizeFactors(Subcommand command, FactorisationModel model, Input input) throws IOException {
        boolean wanted = model.scaling().scaling().sizeFactors() == SizeFactors.GIVEN;
        if (sizeFactors != null && !wanted) {
            throw command.usage(ScalingOptions.SIZE_FACTORS
                    + " has no effect on a model that was not fitted with such a file; leave it out");
        }
        if (!wanted || SizeFactors.areAttached(input.data())) {
            return input;
        }
        if (sizeFactors == null) {
            throw command.usage("the model was fitted with size factors of a file: give those of the rows of "
                    + input.name() + " by " + ScalingOptions.SIZE_FACTORS + " FILE");
        }
        return input.withSizeFactors(sizeFactors);
    }

    /**
     * An input with its columns in the order of a model's features, and with the size factors of its rows where the model
     * needs them; says so where columns were in another order.
     *
     * @throws DataException if its columns are not the model's features, or size factors cannot be used
     * @throws ParameterException if size factors are given to a model that has no use for them, or missing
     */
    Input match(Subcommand command, FactorisationModel model, Input read) throws IOException {
        Input input = withSizeFactors(command, model, read);
        RowSource data = input.data();
        if (ignoreNames) {
            boolean fits = model.featureNames().size() == data.columns();
            return new Input(input.name(), data.withNames(data.rowNames(), fits ? model.featureNames() : List.of()));
        }
        RowSource arranged = input.use(given -> {
            try {
                return model.inFeatureOrder(given);
            } catch (FeatureNamesException e) {
                throw new DataException(e.problem() + "; " + IGNORE_NAMES + " goes by position", e);
            }
        });
        if (arranged != data && !command.common.quiet()) {
            Failures.say(command.err(), input.name() + ": columns put in the order of the model's features");
        }
        return new Input(input.name(), arranged, input.format());
    }
}
