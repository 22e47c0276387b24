package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FeatureNamesException;
import io.github.paenmf.data.RowSource;
import java.util.List;
import picocli.CommandLine.Option;

/** How the columns of an input are taken for the features of a model. */
final class FeatureOptions {

    static final String IGNORE_NAMES = "--ignore-names";

    @Option(
            names = IGNORE_NAMES,
            description =
                    "Take the columns of INPUT by position, whatever their names. Otherwise, where INPUT and MODEL"
                            + " have names, these must be the same; columns in another order are put in that of MODEL.")
    private boolean ignoreNames;

    boolean ignoreNames() {
        return ignoreNames;
    }

    /**
     * An input with its columns in the order of a model's features; says so where they were in another.
     *
     * @throws DataException if its columns are not the model's features
     */
    Input match(Subcommand command, FactorisationModel model, Input input) {
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
