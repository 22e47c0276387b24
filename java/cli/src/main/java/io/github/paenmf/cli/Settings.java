package io.github.paenmf.cli;

import io.github.paenmf.data.DataException;
import io.github.paenmf.model.SettingException;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Tells the user about a setting by the option that sets it. */
final class Settings {

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
        } catch (SettingException e) {
            String option = "--" + Names.of(e.setting());
            boolean known = commandLine.getCommandSpec().findOption(option) != null;
            throw new ParameterException(commandLine, known ? option + " " + e.problem() : e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(commandLine, e.getMessage(), e);
        }
    }
}
