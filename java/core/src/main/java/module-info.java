/**
 * Probabilistic non-negative matrix factorisation: PAE-NMF, variational and standard NMF.
 *
 * <p>Vector instructions need {@code --add-modules jdk.incubator.vector}. Everything runs on the CPU; the module {@code
 * paenmf.cuda} adds NVIDIA GPUs, {@code paenmf.formats} HDF5 and images, {@code dev.ludovic.netlib.blas} other matrix
 * products.
 */
@SuppressWarnings({"requires-automatic", "module"}) // what has no module of its own has a name
module paenmf {
    requires com.fasterxml.jackson.jr.ob;
    requires de.siegmar.fastcsv;
    requires ejml.core;
    requires ejml.ddense;
    requires java.logging; // what netlib logs with
    requires org.apache.commons.numbers.gamma;
    requires static dev.ludovic.netlib.blas;

    exports io.github.paenmf;
    exports io.github.paenmf.backend;
    exports io.github.paenmf.data;
    exports io.github.paenmf.io;
    exports io.github.paenmf.math;
    exports io.github.paenmf.model;
    exports io.github.paenmf.train;

    uses io.github.paenmf.backend.DeviceBackend;
    uses io.github.paenmf.io.InputFormat;
}
