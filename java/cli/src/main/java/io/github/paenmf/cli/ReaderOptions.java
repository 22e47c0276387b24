package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.io.ReadListener;
import io.github.paenmf.io.ReadOptions;
import io.github.paenmf.io.ReadOptions.Decimal;
import io.github.paenmf.io.ReadOptions.Presence;
import io.github.paenmf.io.ReadOptions.Storage;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.reflect.Member;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** How an input is read. */
final class ReaderOptions {

    /** What blocks of an input that is gone through once may have of the heap is one over this. */
    private static final int HEAP_SHARE = 4;

    @Option(names = "--transpose", description = "Exchange rows and columns: the input holds one sample per column.")
    private boolean transpose;

    @Option(
            names = "--delimiter",
            paramLabel = "CHAR",
            converter = Delimiter.class,
            description =
                    "What separates the cells of a text table: a character, or tab, space, comma, semicolon or bar."
                            + " Found out from the file unless given.")
    private Character delimiter;

    @Option(
            names = "--header",
            paramLabel = "WHETHER",
            defaultValue = "auto",
            completionCandidates = Names.Presences.class,
            description = "Whether the first line of a text table holds the column names: ${COMPLETION-CANDIDATES}.")
    private Presence header;

    @Option(
            names = "--row-names",
            paramLabel = "WHETHER",
            defaultValue = "auto",
            completionCandidates = Names.Presences.class,
            description = "Whether the first column of a text table holds the row names: ${COMPLETION-CANDIDATES}.")
    private Presence rowNames;

    @Option(
            names = "--decimal",
            paramLabel = "SIGN",
            defaultValue = "auto",
            completionCandidates = Names.Decimals.class,
            description =
                    "What separates decimals in a text table: ${COMPLETION-CANDIDATES}. By default a point, unless it"
                            + " may as well group thousands.")
    private Decimal decimal;

    @ArgGroup
    private StorageChoice storage = new StorageChoice();

    @Option(
            names = "--layer",
            paramLabel = "NAME",
            description =
                    "Which data set of an HDF5 file to read: a layer, or raw. Default: X of .h5ad, matrix of .loom.")
    private String layer;

    @Option(
            names = "--missing",
            paramLabel = "WHETHER",
            completionCandidates = Names.MissingRules.class,
            description =
                    "What NaN, an empty cell and NA of a text table are: ${COMPLETION-CANDIDATES}. allow takes them for"
                            + " missing values: only the others are fitted and scored. A model remembers it, and says so of"
                            + " new data unless this is given. On the CPU, by every algorithm. Default: refuse.")
    private MissingRule missing;

    @Option(
            names = "--zeros-missing",
            negatable = true,
            fallbackValue = "true",
            description = "Whether zeros are missing, too, as in ratings, and NaN with them.")
    private Boolean zerosMissing;

    /** What becomes of missing values. */
    enum MissingRule {
        REFUSE,
        ALLOW
    }

    /** How values are kept, unless that is left to how many of them are 0. */
    static final class StorageChoice {
        @Option(names = "--sparse", description = "Keep only what is not 0, however little that saves.")
        private boolean sparse;

        @Option(
                names = "--dense",
                description = "Keep all values. Otherwise those of a sparse file are kept sparse where at most a tenth"
                        + " of them are not 0, and those of other files dense.")
        private boolean dense;

        Storage storage() {
            return sparse ? Storage.SPARSE : dense ? Storage.DENSE : Storage.AUTO;
        }
    }

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /**
     * @throws ParameterException if an option says how to read an input, and there is none
     */
    void requireInput(CommandLine command) {
        for (OptionSpec option : command.getParseResult().matchedOptions()) {
            if (option.userObject() instanceof Member member && isOfReader(member)) {
                throw new ParameterException(
                        command, option.longestName() + " has no effect without an INPUT; leave it out");
            }
        }
    }

    private static boolean isOfReader(Member option) {
        return option.getDeclaringClass() == ReaderOptions.class || option.getDeclaringClass() == StorageChoice.class;
    }

    /**
     * Which values are missing.
     *
     * @param before what is so unless options say otherwise
     * @throws ParameterException if the options contradict each other
     */
    Missing missing(Missing before) {
        if (missing == MissingRule.REFUSE && Boolean.TRUE.equals(zerosMissing)) {
            throw new ParameterException(
                    command.commandLine(), "--zeros-missing takes NaN for missing, too; leave --missing refuse out");
        }
        boolean zeros = zerosMissing == null ? before == Missing.ZEROS && missing != MissingRule.REFUSE : zerosMissing;
        boolean nan = missing == null ? before != Missing.NONE : missing == MissingRule.ALLOW;
        return Missing.of(nan, zeros);
    }

    /** A model for the data to be read, if their missing values are not to be those of its own. */
    FactorisationModel applyTo(FactorisationModel model) {
        Missing asked = missing(model.missing());
        if (asked == model.missing()) {
            return model;
        }
        return Settings.apply(command.commandLine(), () -> model.withMissing(asked));
    }

    /** Reads an input of which nothing is missing unless options say so. */
    Input read(String input) throws IOException {
        return read(input, missing(Missing.NONE), 0);
    }

    /** The same of one that may stay on the disk. */
    Input read(String input, DiskOptions disk) throws IOException {
        return read(input, missing(Missing.NONE), disk.memory());
    }

    /** Reads an input for a model. */
    Input read(String input, FactorisationModel model) throws IOException {
        return read(input, model.missing(), 0);
    }

    /** The same of one that may stay on the disk. */
    Input read(String input, FactorisationModel model, DiskOptions disk) throws IOException {
        return read(input, model.missing(), disk.memory());
    }

    /** Reads an input that is gone through once: on the disk where that can be. */
    Input readInBlocks(String input) throws IOException {
        boolean stays = !transpose && storage.storage() == Storage.AUTO && MatrixReader.staysOnDisk(input);
        return read(input, missing(Missing.NONE), stays ? Runtime.getRuntime().maxMemory() / HEAP_SHARE : 0);
    }

    /**
     * @throws ParameterException if zeros are said to be missing where nothing is computed
     */
    void requireNoZerosMissing() {
        if (zerosMissing != null) {
            throw new ParameterException(
                    command.commandLine(), "--zeros-missing has no effect before data are used; leave it out");
        }
    }

    private Input read(String input, Missing rule, long memory) throws IOException {
        ReadOptions options = ReadOptions.defaults()
                .withMemory(memory)
                .withTranspose(transpose)
                .withDelimiter(delimiter == null ? ReadOptions.DETECT_DELIMITER : delimiter)
                .withHeader(header)
                .withRowNames(rowNames)
                .withDecimal(decimal)
                .withStorage(storage.storage())
                .withLayer(layer == null ? "" : layer)
                .withMissing(rule != Missing.NONE);
        return Input.naming(input, () -> {
            Found found = new Found(command.commandLine().getErr(), input);
            RowSource data = MatrixReader.readData(input, options, found);
            return new Input(input, data, found.format);
        });
    }

    /** Keeps the format and shows the notes. */
    private static final class Found implements ReadListener {

        private final PrintWriter err;
        private final String input;
        private String format = "";

        Found(PrintWriter err, String input) {
            this.err = err;
            this.input = input;
        }

        @Override
        public void format(String found) {
            format = found;
        }

        @Override
        public void note(String note) {
            Failures.say(err, "warning: " + input + ": " + note);
        }
    }

    /** A character as it is or by its name, as some are hard to write in a shell. */
    static final class Delimiter implements ITypeConverter<Character> {

        private static final Map<String, Character> NAMED =
                Map.of("tab", '\t', "\\t", '\t', "space", ' ', "comma", ',', "semicolon", ';', "bar", '|');

        @Override
        public Character convert(String text) {
            Character named = NAMED.get(text);
            if (named == null && text.length() != 1) {
                throw new TypeConversionException("'" + text + "' is not a single character");
            }
            char delimiter = named == null ? text.charAt(0) : named;
            try {
                ReadOptions.defaults().withDelimiter(delimiter);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
            return delimiter;
        }
    }
}
