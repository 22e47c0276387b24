package io.github.paenmf.cli;

import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.io.AtomicFile;
import io.github.paenmf.io.BlockFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "convert",
        customSynopsis = "paenmf convert INPUT... -o FILE.vblk [OPTIONS]",
        description = {
            "Writes the data in blocks of rows, which every command reads, and fit, update, transform, evaluate and inspect with"
                    + " --memory without having them all in memory. Names are kept, and zeros are left out where the input is kept"
                    + " sparse.",
            "Several INPUTs are the rows below each other, with the same columns; one is read after the other, each as a whole,"
                    + " except for .vblk and .npy, which pass through block by block."
        },
        footer = {
            "",
            "Examples:",
            "  paenmf convert large.npy -o large.vblk",
            "  paenmf convert day1.csv day2.csv day3.csv -o days.vblk",
            "  paenmf fit days.vblk --memory 1g --batch-rows 4096 -r 20 --algorithm vb"
        })
final class ConvertCommand extends Subcommand {

    @Parameters(index = "0..*", arity = "1..*", paramLabel = "INPUT", description = INPUT_HELP)
    private List<String> inputs;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            required = true,
            description = "Where to write: .vblk; a file that is there is replaced.")
    private Path output;

    @Mixin
    private ReaderOptions reader;

    private RowSource last;
    private long rows;

    @Override
    public Integer call() throws IOException {
        OutputFile.requireExtension(spec.commandLine(), output, ".vblk");
        AtomicFile.requireWritable(output);
        reader.requireNoZerosMissing();
        Iterator<String> names = inputs.iterator();
        Iterator<RowSource> parts = new Iterator<>() {

            @Override
            public boolean hasNext() {
                return names.hasNext();
            }

            @Override
            public RowSource next() {
                last = null; // before the next one takes its memory
                last = read(names.next());
                rows += last.rows();
                return last;
            }
        };
        try {
            BlockFile.write(output, parts);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        closing(output + ": " + rows + " rows × " + last.columns() + " columns, "
                + (last instanceof SparseSource ? "sparse" : "dense") + ", " + Files.size(output) + " bytes");
        return ExitCode.DONE;
    }

    private RowSource read(String input) {
        try {
            return reader.readInBlocks(input).data();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
