/** Formats that paenmf reads with other libraries: HDF5 of single cells, and images. */
@SuppressWarnings("requires-automatic") // what has no module of its own has a name
module paenmf.formats {
    requires com.ning.compress.lzf; // what jHDF needs but cannot say, being no module
    requires io.jhdf;
    requires java.desktop; // images
    requires org.apache.commons.lang3; // for jHDF, too
    requires org.slf4j; // for jHDF, too
    requires paenmf;

    provides io.github.paenmf.io.InputFormat with
            io.github.paenmf.io.hdf5.Hdf5Format,
            io.github.paenmf.io.images.ImageFormat;
}
