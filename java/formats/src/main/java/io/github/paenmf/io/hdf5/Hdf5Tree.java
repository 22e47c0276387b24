package io.github.paenmf.io.hdf5;

import io.github.paenmf.data.DataException;
import io.jhdf.HdfFile;
import io.jhdf.exceptions.HdfException;
import io.jhdf.storage.HdfBackingStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/** An open HDF5 file. What the library throws about its content becomes a {@link DataException}. */
final class Hdf5Tree implements AutoCloseable {

    private final HdfFile file;

    private Hdf5Tree(HdfFile file) {
        this.file = file;
    }

    /**
     * Opens a file.
     *
     * @throws DataException if it is not HDF5, or shorter than it says
     */
    static Hdf5Tree open(Path path) throws IOException {
        long size = Files.size(path);
        HdfFile file = reading("the HDF5 file", () -> new HdfFile(path));
        Hdf5Tree tree = new Hdf5Tree(file);
        long end = file.getHdfBackingStorage().getSuperblock().getEndOfFileAddress();
        if (size < end) {
            tree.close();
            throw new DataException("the file has " + size + " bytes, but was written with " + end
                    + "; it is truncated: copy it again");
        }
        return tree;
    }

    Hdf5Group root() {
        return new Hdf5Group(this, file, "");
    }

    HdfFile file() {
        return file;
    }

    HdfBackingStorage storage() {
        return file.getHdfBackingStorage();
    }

    /**
     * Reads something.
     *
     * @param what its path in the file, for the message
     */
    static <T> T reading(String what, Supplier<T> reading) {
        try {
            return reading.get();
        } catch (DataException e) {
            throw e;
        } catch (RuntimeException e) { // the library throws whatever damaged bytes lead to
            throw unreadable(what, e);
        } catch (OutOfMemoryError e) { // a size in the file, which may be damaged, asked for one large array
            throw new DataException(
                    what + " needs more memory than the Java heap has; if that is more than the file can hold, it is"
                            + " damaged, else give the JVM more with -Xmx",
                    e);
        } catch (NoClassDefFoundError e) {
            throw new DataException(
                    what + " is compressed with LZ4 or bitshuffle, for which the jar lz4-java is missing; put"
                            + " at.yawk.lz4:lz4-java 1.11.1 on the class path, or compress with gzip",
                    e);
        }
    }

    private static DataException unreadable(String what, RuntimeException error) {
        return new DataException(
                what + " cannot be read (" + Messages.reason(error)
                        + "); the file is damaged, or uses what this program's HDF5 library lacks: copy it again, or"
                        + " write it anew with h5py",
                error);
    }

    @Override
    public void close() throws IOException {
        try {
            file.close();
        } catch (HdfException e) {
            throw new IOException(e);
        }
    }
}
