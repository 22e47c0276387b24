package io.github.paenmf.backend.cuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasStatus;

/**
 * Loads JCuda's native libraries and the libraries of CUDA that they call.
 *
 * <p>JCuda by itself unpacks to a file of fixed name in the shared temporary folder and trusts what is there, so that
 * two JVMs at once can crash and another user can have his code run. Here each process unpacks into a folder of its
 * own and removes it when all is loaded.
 */
final class Natives {

    private static final Logger LOG = System.getLogger(Natives.class.getName());

    private static final String CLASSIFIER = "-12.6.0-linux-x86_64";
    private static final String SUFFIX = CLASSIFIER + ".so";
    private static final String DRIVER_BINDING = "libJCudaDriver" + SUFFIX;
    private static final String BLAS_BINDING = "libJCublas2" + SUFFIX;
    private static final String RANDOM_BINDING = "libJCurand" + SUFFIX;

    /** Takes the place of cuBLAS 12, which the binding asks for, where there is only 13. */
    private static final String FORWARDER = "libcublas.so.12";

    private static final Pattern BLAS_VERSION = Pattern.compile("libcublas\\.so\\.([0-9.]+)$");

    private Natives() {}

    /**
     * Libraries that belong together.
     *
     * @param libraries of CUDA, dependencies first; the last one must be there
     * @param bindings that call it, with their full paths
     */
    private record Wanted(List<String> libraries, List<Path> bindings) {
        String name() {
            return libraries.get(libraries.size() - 1);
        }
    }

    /**
     * Loads the driver and its binding.
     *
     * @throws UnsatisfiedLinkError with the reason and what to do
     */
    static synchronized void loadDriver() {
        String os = System.getProperty("os.name");
        String architecture = System.getProperty("os.arch");
        if (!os.equals("Linux") || !architecture.equals("amd64")) {
            throw new UnsatisfiedLinkError(
                    "the CUDA backend runs on Linux on x86-64, and this is " + os + " on " + architecture);
        }
        try (PrivateFolder folder = new PrivateFolder()) {
            Path binding = folder.unpack("lib/" + DRIVER_BINDING, DRIVER_BINDING, "jcuda-natives" + CLASSIFIER);
            load(
                    LibraryFolder.ofDriver(),
                    "install the NVIDIA driver, or name the folder with -D" + LibraryFolder.PROPERTY,
                    new Wanted(List.of("libcuda.so.1"), List.of(binding)));
            folder.initialise(() -> JCudaDriver.setExceptionsEnabled(false));
        }
    }

    /**
     * Loads cuBLAS and its binding, after the driver.
     *
     * @return version and file of cuBLAS
     * @throws UnsatisfiedLinkError with the reason and what to do
     */
    static synchronized String loadBlas() {
        try (PrivateFolder folder = new PrivateFolder()) {
            Path binding = folder.unpack("lib/" + BLAS_BINDING, BLAS_BINDING, "jcublas-natives" + CLASSIFIER);
            Path forwarder = folder.unpack("io/github/paenmf/kernels/" + FORWARDER, FORWARDER, "paenmf-kernels");
            load(
                    LibraryFolder.ofToolkit(),
                    "install cuBLAS 12 or 13, of the CUDA toolkit or by pip install nvidia-cublas-cu12, or name its folder"
                            + " with -D" + LibraryFolder.PROPERTY,
                    new Wanted(List.of("libcublasLt.so.12", "libcublas.so.12"), List.of(binding)),
                    new Wanted(List.of("libcublasLt.so.13", "libcublas.so.13"), List.of(forwarder, binding)));
            folder.initialise(() -> JCublas2.setExceptionsEnabled(false));
            return describeBlas(folder);
        }
    }

    /**
     * Loads cuRAND and its binding, after the driver: for tests, which have JCuRAND on their class path.
     *
     * @param initialiser first uses the class {@code JCurand}
     * @throws UnsatisfiedLinkError with the reason and what to do
     */
    static synchronized void loadRandom(Runnable initialiser) {
        try (PrivateFolder folder = new PrivateFolder()) {
            Path binding = folder.unpack("lib/" + RANDOM_BINDING, RANDOM_BINDING, "jcurand-natives" + CLASSIFIER);
            load(
                    LibraryFolder.ofToolkit(),
                    "install cuRAND, of the CUDA toolkit or by pip install nvidia-curand, or name its folder with -D"
                            + LibraryFolder.PROPERTY,
                    new Wanted(List.of("libcurand.so.10"), List.of(binding)));
            folder.initialise(initialiser);
        }
    }

    private static void load(List<LibraryFolder> folders, String fix, Wanted... choices) {
        List<String> failures = new ArrayList<>();
        for (LibraryFolder folder : folders) {
            for (Wanted wanted : choices) {
                if (loaded(folder, wanted, failures)) {
                    return;
                }
            }
        }
        if (!failures.isEmpty()) {
            throw new UnsatisfiedLinkError(failures.get(0) + "; " + fix);
        }
        throw new UnsatisfiedLinkError(Stream.of(choices).map(Wanted::name).collect(Collectors.joining(" or "))
                + " not found in "
                + folders.stream().map(LibraryFolder::name).distinct().collect(Collectors.joining(", "))
                + "; " + fix);
    }

    private static boolean loaded(LibraryFolder folder, Wanted wanted, List<String> failures) {
        if (!folder.mayHave(wanted.name())) {
            return false;
        }
        try {
            // Found by their names from then on, whoever asks for them.
            wanted.libraries().stream().flatMap(folder::file).forEach(file -> System.load(file.toString()));
            wanted.bindings().forEach(binding -> System.load(binding.toString()));
            LOG.log(Level.DEBUG, "{0} loaded from {1}", wanted.name(), folder.name());
            return true;
        } catch (UnsatisfiedLinkError e) {
            LOG.log(Level.DEBUG, "{0} does not load from {1}: {2}", wanted.name(), folder.name(), e.getMessage());
            String message = String.valueOf(e.getMessage());
            if (!folder.isLoader() || !message.contains(wanted.name() + ": cannot open")) {
                failures.add(message);
            }
            return false;
        }
    }

    /** By the file that this process has mapped: whatever was looked for, that is what it uses. */
    private static String describeBlas(PrivateFolder own) {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return maps.filter(line -> line.contains("/libcublas.so."))
                    .map(line -> line.substring(line.indexOf('/')))
                    .filter(file -> !own.contains(file))
                    .findFirst()
                    .map(Natives::describeBlas)
                    .orElse("unknown");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** cuBLAS tells its version without a handle, which would cost a context; if not, the file's name has some of it. */
    private static String describeBlas(String file) {
        int[] version = new int[1];
        if (JCublas2.cublasGetVersion(new cublasHandle(), version) == cublasStatus.CUBLAS_STATUS_SUCCESS) {
            return version[0] / 10000 + "." + version[0] / 100 % 100 + "." + version[0] % 100 + ", " + file;
        }
        Matcher name = BLAS_VERSION.matcher(file);
        return (name.find() ? name.group(1) + ", " : "") + file;
    }
}
