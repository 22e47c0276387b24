/**
 * Probabilistic non-negative matrix factorisation: PAE-NMF and standard NMF, on the CPU or an NVIDIA GPU.
 *
 * <p>Vector instructions need {@code --add-modules jdk.incubator.vector}. JCuda is optional: without it everything
 * runs on the CPU.
 */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // what has no module of its own has a name
module paenmf {
    requires com.fasterxml.jackson.jr.ob;
    requires com.ning.compress.lzf; // what jHDF needs but cannot say, being no module
    requires de.siegmar.fastcsv;
    requires dev.ludovic.netlib.blas;
    requires ejml.core;
    requires ejml.ddense;
    requires io.jhdf;
    requires java.desktop; // images
    requires java.logging; // what JCuda and netlib log with
    requires org.apache.commons.lang3; // for jHDF, too
    requires org.apache.commons.numbers.gamma;
    requires org.slf4j; // for jHDF, too
    requires static jcublas;
    requires static transitive jcuda;

    exports io.github.paenmf;
    exports io.github.paenmf.backend;
    exports io.github.paenmf.backend.cuda;
    exports io.github.paenmf.data;
    exports io.github.paenmf.io;
    exports io.github.paenmf.math;
    exports io.github.paenmf.model;
    exports io.github.paenmf.train;
}
