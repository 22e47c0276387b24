package io.github.paenmf.cli;

import io.github.paenmf.data.DataException;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Tells the user about a setting by the option that sets it. */
final class Settings {

    /** How the library's messages about a setting begin, and the option. */
    private static final Map<String, String> OPTIONS = Map.ofEntries(
            Map.entry("rank", "--rank"),
            Map.entry("epochs", "--epochs"),
            Map.entry("encoder learning rate", "--encoder-rate"),
            Map.entry("bias learning rate", "--bias-rate"),
            Map.entry("decoder learning rate", "--decoder-rate"),
            Map.entry("step clip", "--step-clip"),
            Map.entry("sigma", "--sigma"),
            Map.entry("lambda floor", "--lambda-min"),
            Map.entry("shape floor", "--shape-min"),
            Map.entry("prior shape", "--prior-shape"),
            Map.entry("prior scale", "--prior-scale"),
            Map.entry("train on", "--train-on"),
            Map.entry("batch rows", "--batch-rows"),
            Map.entry("tolerance", "--tolerance"),
            Map.entry("patience", "--patience"),
            Map.entry("restarts", "--restarts"),
            Map.entry("threads", "--threads"),
            Map.entry("device", "--device"),
            Map.entry("chunk rows", "--chunk-rows"));

    private Settings() {}

    /**
     * Applies settings.
     *
     * @throws ParameterException that names the option if the library refuses one
     */
    static <T> T apply(CommandLine commandLine, Supplier<T> applying) {
        try {
            return applying.get();
        } catch (DataException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            String message = e.getMessage();
            for (Map.Entry<String, String> option : OPTIONS.entrySet()) {
                if (message.startsWith(option.getKey() + " must be ")
                        || message.startsWith(option.getKey() + " has no effect ")) {
                    String rest = message.substring(option.getKey().length());
                    throw new ParameterException(commandLine, option.getValue() + rest, e);
                }
            }
            throw new ParameterException(commandLine, message, e);
        }
    }
}
