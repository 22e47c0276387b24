/** paenmf on NVIDIA GPUs, and its kernels for other programs that use JCuda. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // what has no module of its own has a name
module paenmf.cuda {
    requires java.logging; // what JCuda logs with
    requires transitive jcuda;
    requires transitive paenmf;
    requires jcublas;

    exports io.github.paenmf.backend.cuda;

    provides io.github.paenmf.backend.DeviceBackend with
            io.github.paenmf.backend.cuda.CudaBackend;
}
