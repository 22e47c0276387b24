package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.PagedRows;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.io.ReadOptions.Storage;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that stay on the disk, and are read in blocks as they are needed. */
final class PagedFiles {

    private static final int HEAD_BYTES = 8;

    private PagedFiles() {}

    /**
     * Opens a file.
     *
     * @throws DataException if it is of a format that has to be read as a whole, or options ask for another form of it
     */
    static PagedRows open(Path path, ReadOptions options, ReadListener listener) throws IOException {
        byte[] head = Files.isRegularFile(path) ? head(path) : new byte[0];
        boolean blocks = new BlockFormat().matches(head);
        if (!blocks && !NpyHeader.matches(head)) {
            throw new DataException("only .vblk and .npy can stay on the disk; make one with 'paenmf convert INPUT -o"
                    + " FILE.vblk', or leave --memory out");
        }
        if (options.transpose()) {
            throw new DataException("rows and columns cannot be exchanged on the disk; do that with 'paenmf convert"
                    + " --transpose', or leave --memory out");
        }
        PagedRows data = PagedFile.open(
                path,
                () -> blocks ? new BlockFile.Store(path) : new NpyStore(path, BlockWriter.BLOCK_BYTES),
                options.memory());
        boolean sparse = data instanceof SparseSource;
        if (options.storage() == (sparse ? Storage.DENSE : Storage.SPARSE)) {
            data.close();
            throw new DataException("on the disk it is " + (sparse ? "sparse" : "dense")
                    + ", and stays so; convert it anew, or leave " + (sparse ? "--dense" : "--sparse") + " out");
        }
        listener.format((blocks ? "blocks of rows" : ".npy") + ", from the disk");
        return data;
    }

    /** Whether a file has one of the formats, and its rows follow each other. */
    static boolean canOpen(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            return false;
        }
        byte[] head = head(path);
        if (!NpyHeader.matches(head)) {
            return new BlockFormat().matches(head);
        }
        try (InputStream in = new BufferedInputStream(Files.newInputStream(path))) {
            return !NpyHeader.read(in).fortran();
        } catch (DataException e) {
            return false; // who reads it says what is wrong
        }
    }

    private static byte[] head(Path path) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            return in.readNBytes(HEAD_BYTES);
        }
    }
}
