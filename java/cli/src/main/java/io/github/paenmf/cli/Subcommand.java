package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.ProbabilisticModel;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.DataException;
import io.github.paenmf.io.ModelFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command with the options that all have in common; {@link #call} returns the exit code. */
@Command(showDefaultValues = true, usageHelpAutoWidth = true)
abstract class Subcommand implements Callable<Integer> {

    static final String MODEL_HELP = "A model file that fit, update or demo wrote.";
    static final String INPUT_HELP =
            "The data, one sample per row: CSV or TSV (also .gz), .npy, .npz (NAME.npz#ARRAY picks"
                    + " an array), .vblk, MatrixMarket, svmlight, IDX, .h5ad, .loom, .h5 or a directory of 10x data, a directory of"
                    + " PGM or PNG images, or demo:digits.";

    @Spec
    CommandSpec spec;

    @Mixin
    CommonOptions common;

    final PrintWriter out() {
        return spec.commandLine().getOut();
    }

    final PrintWriter err() {
        return spec.commandLine().getErr();
    }

    final Main main() {
        return (Main) spec.root().userObject();
    }

    /** Says what was written, unless the user wants quiet. */
    final void closing(String message) {
        if (!common.quiet()) {
            out().println(message);
            out().flush();
        }
    }

    final FactorisationModel load(Path file) throws IOException {
        try {
            return Input.naming(file.toString(), () -> FactorisationModel.load(file));
        } catch (DataException e) {
            requireOrder(file);
            throw e;
        }
    }

    /** Refuses a model and data in the wrong order, if that is why a file is no model. */
    private void requireOrder(Path notAModel) throws IOException {
        List<PositionalParamSpec> positional = spec.positionalParameters();
        if (positional.size() < 2) {
            return;
        }
        Object model = positional.get(0).getValue(); // a path, or its text
        if (!notAModel.toString().equals(String.valueOf(model))) {
            return;
        }
        if (positional.get(1).getValue() instanceof String input && isModel(input)) {
            throw usage(input + " is a model and " + notAModel + " is none: give the model first, 'paenmf "
                    + spec.name() + " " + input + " " + notAModel + " ...'");
        }
    }

    /** Whether an input is a model file. */
    static boolean isModel(String input) throws IOException {
        return input.endsWith(".npz") && Files.isRegularFile(Path.of(input)) && ModelFile.isModel(Path.of(input));
    }

    /** Reads a model that is to compute where the user wants; checks that first. */
    final FactorisationModel load(Path file, BackendOptions backend) throws IOException {
        Execution execution = backend.execution();
        return load(file).withExecution(execution);
    }

    /**
     * Of a command that needs distributions of the coefficients, or does with one of its options.
     *
     * @param option that option, or an empty text
     * @throws DataException if the model has none
     */
    final ProbabilisticModel requireDistributions(Path file, FactorisationModel model, String option) {
        if (model instanceof ProbabilisticModel probabilistic
                && model.algorithm().isProbabilistic()) {
            return probabilistic;
        }
        throw wrongModel(file, model, (spec.name() + " " + option).strip(), "vb or pae");
    }

    private static DataException wrongModel(Path file, FactorisationModel model, String use, String wanted) {
        return new DataException(file + ": '" + use + "' needs a model that was fitted with --algorithm " + wanted
                + ", and this one is of " + Names.of(model.algorithm()));
    }

    /** Refuses a value before any work is done. */
    final void require(boolean valid, String option, String range, Object value) {
        if (!valid) {
            throw usage(option + " must be " + range + ", not " + value);
        }
    }

    final ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
