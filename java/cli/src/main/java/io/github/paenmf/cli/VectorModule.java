package io.github.paenmf.cli;

import java.lang.reflect.InvocationTargetException;

/**
 * Makes {@code jdk.incubator.vector} visible without {@code --add-modules}, for which the JVM prints a warning on
 * stderr at every start that no option turns off.
 *
 * <p>The JDK adds modules to a running JVM for its own agents; the entry point is internal, and this jar's manifest
 * asks for it ({@code Add-Exports}). The module then belongs to the boot loader as usual and its operations compile to
 * vector instructions as usual. Where the entry point is missing nothing is lost but speed: the module stays absent
 * unless the user passes {@code --add-modules jdk.incubator.vector}.
 */
final class VectorModule {

    private static final String NAME = "jdk.incubator.vector";

    private VectorModule() {}

    /**
     * Loads the module if this JVM has it and it is not there yet. To be called before the first class that uses it
     * is loaded.
     */
    static void load() {
        if (ModuleLayer.boot().findModule(NAME).isPresent()) {
            return;
        }
        try {
            Class.forName("jdk.internal.module.Modules")
                    .getMethod("loadModule", String.class)
                    .invoke(null, NAME);
        } catch (ClassNotFoundException
                | NoSuchMethodException
                | IllegalAccessException
                | InvocationTargetException e) {
            System.getLogger(VectorModule.class.getName())
                    .log(System.Logger.Level.DEBUG, () -> NAME + " cannot be loaded at run time", e);
        }
    }
}
