package io.github.paenmf.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The {@code paenmf} command line. */
@Command(
        name = "paenmf",
        description = "Probabilistic non-negative matrix factorisation: parts-based factors of non-negative data, with"
                + " error bars on the coefficients, and new samples.",
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        usageHelpAutoWidth = true,
        footer = {
            "",
            "Examples:",
            "  paenmf demo",
            "  paenmf fit counts.csv -r 10 -o model.npz",
            "  paenmf transform model.npz counts.csv -o latent.csv",
            "  source <(paenmf generate-completion)",
            "",
            "Exit codes: 0 done, 2 wrong usage, 65 bad data, 66 no such input, 69 no such backend here, 70 diverged or"
                    + " internal error, 73 cannot write, 75 the GPU was lost and a checkpoint is there, 130 interrupted (Ctrl-C),"
                    + " 141 nobody reads the output, 143 terminated (SIGTERM)."
        })
public final class Main implements Callable<Integer> {

    /** Set to {@code true} by the launcher if stderr is a terminal, which no Java 17 API tells on its own. */
    private static final String TERMINAL_PROPERTY = "paenmf.terminal";

    private static final Map<String, Class<?>> COMMANDS = commands();

    private final Interruption interruption;

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit; 'paenmf COMMAND --help' shows a command's.")
    boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Print the version and exit.")
    boolean version;

    private Main(Interruption interruption) {
        this.interruption = interruption;
    }

    /** Runs one command and exits with its code. */
    public static void main(String[] args) {
        Interruption interruption = new Interruption();
        interruption.install();
        PrintWriter err = utf8(System.err);
        Optional<String> lost = LostLetters.argument(args.length);
        if (lost.isPresent()) {
            Failures.say(err, "cannot take '" + lost.get() + "': " + LostLetters.remedy());
            System.exit(ExitCode.USAGE);
        }
        // not System.out, which does not tell why it cannot write
        StandardOutput out = new StandardOutput(new FileOutputStream(FileDescriptor.out));
        int exitCode = run(List.of(args), utf8(out), err, interruption);
        if (out.failure() != null) {
            exitCode = Failures.ofOutput(out.failure(), exitCode, err);
        }
        System.exit(interruption.exitCode(exitCode));
    }

    /**
     * Runs one command.
     *
     * @return the exit code
     */
    static int run(List<String> args, PrintWriter out, PrintWriter err, Interruption interruption) {
        CommandLine commandLine = new CommandLine(new Main(interruption));
        addCommands(commandLine, args); // first: what is set next reaches only the commands that are there
        commandLine
                .setOut(out)
                .setErr(err)
                .setExecutionStrategy(Main::execute)
                .setParameterExceptionHandler(Failures::usage);
        Names.register(commandLine);
        int exitCode = commandLine.execute(args.toArray(new String[0]));
        out.flush();
        err.flush();
        return exitCode;
    }

    private static Map<String, Class<?>> commands() {
        Map<String, Class<?>> commands = new LinkedHashMap<>();
        commands.put("demo", DemoCommand.class);
        commands.put("fit", FitCommand.class);
        commands.put("transform", TransformCommand.class);
        commands.put("basis", BasisCommand.class);
        commands.put("reconstruct", ReconstructCommand.class);
        commands.put("sample", SampleCommand.class);
        commands.put("evaluate", EvaluateCommand.class);
        commands.put("inspect", InspectCommand.class);
        commands.put("convert", ConvertCommand.class);
        commands.put("update", UpdateCommand.class);
        commands.put("plot", PlotCommand.class);
        commands.put("report", ReportCommand.class);
        commands.put("rank", RankCommand.class);
        commands.put("experiment", ExperimentCommand.class);
        commands.put("info", InfoCommand.class);
        commands.put("generate-completion", CompletionCommand.class);
        commands.put("help", CommandLine.HelpCommand.class);
        return commands;
    }

    /** Adds only the command that is asked for: to inspect the options of all would take most of the start-up time. */
    private static void addCommands(CommandLine commandLine, List<String> args) {
        Class<?> chosen = args.isEmpty() ? null : COMMANDS.get(args.get(0));
        if (chosen != null && Subcommand.class.isAssignableFrom(chosen)) {
            commandLine.addSubcommand(args.get(0), chosen);
        } else {
            COMMANDS.forEach(commandLine::addSubcommand); // for help, completion and suggestions
        }
    }

    private static int execute(ParseResult parsed) {
        Integer helpGiven = CommandLine.executeHelpRequest(parsed);
        if (helpGiven != null) {
            return helpGiven;
        }
        CommandLine command =
                parsed.asCommandLineList().get(parsed.asCommandLineList().size() - 1);
        Object chosen = command.getCommand();
        if (!(chosen instanceof Subcommand subcommand)) {
            return new CommandLine.RunLast().execute(parsed);
        }
        ErrLogHandler.install(command.getErr(), subcommand.common.logLevel());
        VectorModule.load();
        try {
            Arguments.check(command);
            return subcommand.call();
        } catch (ParameterException e) {
            throw e;
        } catch (Exception | Error e) {
            if (subcommand.main().interruption().ending()) {
                return ExitCode.INTERRUPTED; // its files were taken away
            }
            return Failures.report(e, command.getErr(), subcommand.common.debug);
        }
    }

    /** Without a command there is nothing to run. */
    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return ExitCode.USAGE;
    }

    Interruption interruption() {
        return interruption;
    }

    boolean terminal() {
        return Boolean.getBoolean(TERMINAL_PROPERTY);
    }

    /** The same bytes in every locale. */
    private static PrintWriter utf8(OutputStream stream) {
        return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
    }
}
