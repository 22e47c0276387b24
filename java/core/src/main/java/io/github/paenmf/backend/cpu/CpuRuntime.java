package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.Blas;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** Chooses the CPU's kernels by what the JVM offers, once, and says which and why. */
public final class CpuRuntime {

    /** Set to {@code off} to run plain loops even where the Vector API is present. */
    public static final String VECTOR_PROPERTY = "paenmf.vector";

    private static final Logger LOG = System.getLogger(CpuRuntime.class.getName());
    private static final String VECTOR_MODULE = "jdk.incubator.vector";
    private static final String PACKAGE = "io.github.paenmf.backend.cpu.";

    private final HeadKernel headKernel;
    private final UpdateKernel updateKernel;
    private final SparseKernel sparseKernel;
    private final PoissonKernel poissonKernel;
    private final PowerKernel powerKernel;
    private final PosteriorKernels posteriorKernels;
    private final Gemm gemm;
    private final String vectors;

    CpuRuntime(
            HeadKernel headKernel,
            UpdateKernel updateKernel,
            SparseKernel sparseKernel,
            PoissonKernel poissonKernel,
            PowerKernel powerKernel,
            PosteriorKernels posteriorKernels,
            Gemm gemm,
            String vectors) {
        this.headKernel = headKernel;
        this.updateKernel = updateKernel;
        this.sparseKernel = sparseKernel;
        this.poissonKernel = poissonKernel;
        this.powerKernel = powerKernel;
        this.posteriorKernels = posteriorKernels;
        this.gemm = gemm;
        this.vectors = vectors;
    }

    /**
     * The choice for this JVM, with other matrix products where they are asked for.
     *
     * @throws BackendUnavailableException if there is no native BLAS and it is asked for
     */
    public static CpuRuntime get(Blas blas) {
        CpuRuntime chosen = get();
        if (blas == Blas.JAVA) {
            return chosen;
        }
        Gemm gemm = blas == Blas.NATIVE
                ? NetlibGemm.ofSystem()
                : NetlibGemm.pureJava(!(chosen.headKernel instanceof ScalarHeadKernel), FusedMultiplyAdd.isFast());
        LOG.log(Level.DEBUG, "BLAS: {0}, as asked for", gemm.description());
        return new CpuRuntime(
                chosen.headKernel,
                chosen.updateKernel,
                chosen.sparseKernel,
                chosen.poissonKernel,
                chosen.powerKernel,
                chosen.posteriorKernels,
                gemm,
                chosen.vectors);
    }

    /** The choice for this JVM. */
    public static CpuRuntime get() {
        return Holder.INSTANCE;
    }

    /** Plain loops throughout, whatever the JVM offers. */
    public static CpuRuntime scalar(String reason) {
        return new CpuRuntime(
                new ScalarHeadKernel(),
                new ScalarUpdateKernel(),
                new ScalarSparseKernel(),
                new ScalarPoissonKernel(),
                new ScalarPowerKernel(),
                PosteriorKernels.of(new ScalarPosteriorKernel()),
                new ScalarGemm(),
                reason);
    }

    /**
     * @param property what the user asks for
     * @param modulePresent whether the Vector API is there
     * @param fused whether a fused multiply-add is an instruction, of which the vector tiles consist
     */
    static CpuRuntime choose(String property, boolean modulePresent, boolean fused) {
        if ("off".equals(property)) {
            return scalar("off (-D" + VECTOR_PROPERTY + "=off)");
        }
        if (!fused) {
            return scalar("off (no fused multiply-add: plain loops)");
        }
        if (!modulePresent) {
            return scalar("off (start Java with --add-modules " + VECTOR_MODULE + ")");
        }
        try {
            HeadKernel kernel = load("VectorHeadKernel", HeadKernel.class);
            UpdateKernel updateKernel = load("VectorUpdateKernel", UpdateKernel.class);
            SparseKernel sparseKernel = load("VectorSparseKernel", SparseKernel.class);
            PoissonKernel poissonKernel = load("VectorPoissonKernel", PoissonKernel.class);
            PowerKernel powerKernel = load("VectorPowerKernel", PowerKernel.class);
            PosteriorKernel vectors = load("VectorPosteriorKernel", PosteriorKernel.class);
            PosteriorKernels posteriorKernels = PosteriorKernels.of(new ScalarPosteriorKernel(), vectors);
            return new CpuRuntime(
                    kernel,
                    updateKernel,
                    sparseKernel,
                    poissonKernel,
                    powerKernel,
                    posteriorKernels,
                    load("VectorGemm", Gemm.class),
                    kernel.description());
        } catch (ReflectiveOperationException | LinkageError e) {
            return scalar("off (the Vector API of Java " + Runtime.version().feature() + " does not load: " + e + ")");
        }
    }

    /** By name: the class refers to a module that may be absent. */
    private static <T> T load(String name, Class<T> type) throws ReflectiveOperationException {
        return Class.forName(PACKAGE + name)
                .asSubclass(type)
                .getDeclaredConstructor()
                .newInstance();
    }

    /** Vector instructions in use, or why none are. */
    public String vectors() {
        return vectors;
    }

    /** Provider of the matrix products. */
    public String blas() {
        return gemm.description();
    }

    /**
     * A backend, for reports.
     *
     * @param threads that were asked for
     * @param used those that the work is long enough for
     */
    String description(int threads, int used) {
        String description = "CPU, " + threads + (threads == 1 ? " thread" : " threads") + ", vectors: " + vectors
                + ", BLAS: " + blas();
        return used == threads ? description : description + "; steps so short use " + used;
    }

    public HeadKernel headKernel() {
        return headKernel;
    }

    SparseKernel sparseKernel() {
        return sparseKernel;
    }

    PoissonKernel poissonKernel() {
        return poissonKernel;
    }

    PowerKernel powerKernel() {
        return powerKernel;
    }

    UpdateKernel updateKernel() {
        return updateKernel;
    }

    PosteriorKernels posteriorKernels() {
        return posteriorKernels;
    }

    public Gemm gemm() {
        return gemm;
    }

    /**
     * By the classes, not the boot layer: a program may have loaded the module after it started. As a module, ours
     * says here that it reads that one: in its declaration, javac would warn of an incubating module at every use.
     */
    private static boolean vectorModulePresent() {
        try {
            Class<?> vector = Class.forName(VECTOR_MODULE + ".FloatVector");
            CpuRuntime.class.getModule().addReads(vector.getModule());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    private static final class Holder {
        static final CpuRuntime INSTANCE =
                choose(System.getProperty(VECTOR_PROPERTY), vectorModulePresent(), FusedMultiplyAdd.isFast());

        static {
            LOG.log(Level.DEBUG, "CPU vectors: {0}; BLAS: {1}", INSTANCE.vectors(), INSTANCE.blas());
        }
    }
}
