package io.github.paenmf.backend.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;

/** The compiled kernels, as the build put them into the jar: machine code for some architectures, PTX for the rest. */
final class KernelImages {

    private static final String FOLDER = "io/github/paenmf/kernels/";
    private static final KernelImages PACKAGED = new KernelImages(properties());

    private final Properties properties;

    private KernelImages(Properties properties) {
        this.properties = properties;
    }

    static KernelImages packaged() {
        return PACKAGED;
    }

    /** By the class loader: the kernels' jar may be another module, whose resources a class does not find. */
    private static InputStream open(String name) {
        return KernelImages.class.getClassLoader().getResourceAsStream(FOLDER + name);
    }

    private static Properties properties() {
        Properties properties = new Properties();
        try (InputStream in = open("kernels.properties")) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties;
    }

    /** Whether the jar of the kernels is there, which a build without a compiler for them makes too. */
    boolean present() {
        return !properties.isEmpty();
    }

    /** Whether the build had a compiler for them. */
    boolean built() {
        return Boolean.parseBoolean(properties.getProperty("built"));
    }

    /** SHA-256 of the sources that they were compiled from. */
    String sourceHash() {
        return properties.getProperty("sourceHash", "");
    }

    /** The compiler and its version. */
    String compiler() {
        return properties.getProperty("nvcc", "");
    }

    /** Those that machine code is there for, such as {@code sm_90}; later ones run the PTX. */
    List<String> architectures() {
        return Arrays.stream(properties.getProperty("architectures", "").split(","))
                .filter(name -> !name.isEmpty())
                .toList();
    }

    /** Machine code, which runs on every device of the same major and no lower minor version; null where there is none. */
    byte[] cubin(int major) {
        return resource("sm_" + major + "0.cubin");
    }

    /** PTX with the 0 at its end that the driver asks for; null where there is none. */
    byte[] ptx() {
        byte[] text = resource("kernels.ptx");
        return text == null ? null : Arrays.copyOf(text, text.length + 1);
    }

    private static byte[] resource(String name) {
        try (InputStream in = open(name)) {
            return in == null ? null : in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
