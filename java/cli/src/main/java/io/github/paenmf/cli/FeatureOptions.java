package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.data.Covariates;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FeatureNamesException;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.io.CovariateFile;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** How the columns of an input are taken for the features of a model. */
final class FeatureOptions {

    static final String IGNORE_NAMES = "--ignore-names";

    private static final int MOST_SHOWN = 3;

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

    @Option(
            names = CovariateOptions.COVARIATES,
            paramLabel = "FILE",
            description =
                    "The covariates of the rows of INPUT, as fit takes them: of a MODEL that was fitted with some,"
                            + " by their names. Columns that MODEL does not know are left out.")
    private String covariates;

    /**
     * @throws ParameterException if an option was given that has no effect without an input
     */
    void requireInput(Subcommand command) {
        requireInput(command, IGNORE_NAMES, ignoreNames);
        requireInput(command, ScalingOptions.SIZE_FACTORS, sizeFactors != null);
    }

    /**
     * @throws ParameterException if what is of its rows was given without an input
     */
    void requireInputForRows(Subcommand command) {
        requireInput(command, ScalingOptions.SIZE_FACTORS, sizeFactors != null);
        requireInput(command, CovariateOptions.COVARIATES, covariates != null);
    }

    /**
     * The covariates by themselves, for rows that a model makes of its prior.
     *
     * @return null of a model that was fitted without
     * @throws ParameterException if covariates are given to a model that has no use for them, or missing
     */
    Covariates covariates(Subcommand command, FactorisationModel model) throws IOException {
        if (!wantsCovariates(command, model, "the rows to be")) {
            return null;
        }
        Covariates table = CovariateFile.read(covariates, List.of());
        sayWhatIsLeftOut(command, model, table);
        return Input.naming(covariates, () -> {
            model.covariates().code(table); // refused here, it is the file that is to blame
            return table;
        });
    }

    /**
     * @param rows whose, for the message
     */
    private boolean wantsCovariates(Subcommand command, FactorisationModel model, String rows) {
        boolean wanted = !model.covariates().isNone();
        if (covariates != null && !wanted) {
            throw command.usage(CovariateOptions.COVARIATES
                    + " has no effect on a model that was not fitted with covariates; leave it out");
        }
        if (covariates == null && wanted) {
            throw command.usage("the model was fitted with the covariates "
                    + String.join(", ", model.covariates().names()) + ": give those of " + rows + " by "
                    + CovariateOptions.COVARIATES + " FILE");
        }
        return wanted;
    }

    private void sayWhatIsLeftOut(Subcommand command, FactorisationModel model, Covariates table) {
        List<String> unknown = table.columnNames().stream()
                .filter(name -> !model.covariates().names().contains(name))
                .toList();
        if (!unknown.isEmpty() && !command.common.quiet()) {
            Failures.say(
                    command.err(),
                    covariates + ": left out what the model was not fitted with: " + Input.shown(unknown, MOST_SHOWN));
        }
    }

    private Input withCovariates(Subcommand command, FactorisationModel model, Input input) throws IOException {
        if (input.data().covariates() != null || !wantsCovariates(command, model, "the rows of " + input.name())) {
            return input;
        }
        Input with = input.withCovariates(covariates);
        sayWhatIsLeftOut(command, model, with.data().covariates());
        return Input.naming(covariates, () -> {
            model.covariates().code(with.data().covariates());
            return with;
        });
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
     * An input with its columns in the order of a model's features, and with the size factors and covariates of its rows
     * where the model needs them; says so where columns were in another order.
     *
     * @throws DataException if its columns are not the model's features, or size factors cannot be used
     * @throws ParameterException if size factors are given to a model that has no use for them, or missing
     */
    Input match(Subcommand command, FactorisationModel model, Input read) throws IOException {
        Input input = withCovariates(command, model, withSizeFactors(command, model, read));
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
