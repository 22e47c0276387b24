package io.github.paenmf.io;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * Replaces a file as a whole or not at all: whoever opens it sees the old content or the new, also after a crash or on a
 * full disk.
 */
public final class AtomicFile {

    /** Of the writes that are under way. */
    private static final Set<Path> UNFINISHED = ConcurrentHashMap.newKeySet();

    private static final Pattern UUID_AND_TMP = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\.tmp");

    private AtomicFile() {}

    /** Writes the content of a file. */
    @FunctionalInterface
    public interface Content {
        /**
         * Writes everything; may close the stream or not.
         *
         * @param out the file, not buffered
         * @throws IOException if the stream does
         */
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Writes a file: into a temporary file beside it, which is flushed to the disk and then renamed. If anything fails,
     * the old file stays and the temporary one is removed; what a killed run left of this file is removed, too: whoever
     * writes holds a lock on its temporary file, which ends with the process. A symbolic link is followed. A device or
     * pipe, such as {@code /dev/stdout}, is written directly.
     *
     * @throws CannotWriteException if the file cannot be written; the message names it and the reason
     */
    public static void write(Path target, Content content) throws CannotWriteException {
        write(target, content, UnaryOperator.identity());
    }

    /**
     * As {@link #write(Path, Content)}.
     *
     * @param device what the bytes pass through on their way to the file; tests let it fail as a full disk does
     */
    static void write(Path target, Content content, UnaryOperator<OutputStream> device) throws CannotWriteException {
        try {
            if (isDevice(target)) {
                try (OutputStream out = device.apply(Files.newOutputStream(target, StandardOpenOption.WRITE))) {
                    content.writeTo(out);
                }
                return;
            }
            Path file = regularFile(target);
            removeAbandoned(file);
            replace(file, file.getParent(), content, device);
        } catch (CannotWriteException e) {
            throw e;
        } catch (IOException e) {
            throw new CannotWriteException(target, reason(e), e);
        }
    }

    /**
     * Checks before any work is done that its result can be written, by creating a file beside it: only that tells on
     * every file system.
     *
     * @throws CannotWriteException if not; the message names the file and the reason
     */
    public static void requireWritable(Path target) throws CannotWriteException {
        try {
            if (isDevice(target)) {
                if (!Files.isWritable(target)) {
                    throw new AccessDeniedException(target.toString());
                }
                return;
            }
            Files.delete(Files.createFile(temporary(regularFile(target))));
        } catch (CannotWriteException e) {
            throw e;
        } catch (IOException e) {
            throw new CannotWriteException(target, reason(e), e);
        }
    }

    /**
     * Removes the temporary files of all writes that are under way, which then fail: for a program that is about to end
     * without waiting for them.
     */
    public static void abandonAll() {
        UNFINISHED.forEach(AtomicFile::abandon);
    }

    private static void abandon(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            return; // what cannot be removed stays; the target is whole in any case
        }
    }

    /** Whether the target is a pipe or the like, which takes bytes under any name and is never replaced. */
    public static boolean isDevice(Path target) {
        return Files.exists(target) && !Files.isRegularFile(target) && !Files.isDirectory(target);
    }

    /** The file that a target stands for, in a directory that exists. */
    private static Path regularFile(Path target) throws IOException {
        if (Files.isDirectory(target)) {
            throw new CannotWriteException(target, "it is a directory; give the name of a file", null);
        }
        Path file = Files.exists(target) ? target.toRealPath() : target.toAbsolutePath();
        Path directory = file.getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw new CannotWriteException(target, "there is no directory " + directory + "; create it first", null);
        }
        return file;
    }

    private static Path temporary(Path file) {
        return file.resolveSibling(prefix(file) + UUID.randomUUID() + ".tmp");
    }

    private static String prefix(Path file) {
        return "." + file.getFileName() + ".";
    }

    /** Removes temporary files of the same target that nobody writes any more. */
    private static void removeAbandoned(Path file) {
        String prefix = prefix(file);
        try (DirectoryStream<Path> all = Files.newDirectoryStream(file.getParent(), candidate -> {
            String name = candidate.getFileName().toString();
            return name.startsWith(prefix)
                    && UUID_AND_TMP.matcher(name.substring(prefix.length())).matches()
                    && Files.isRegularFile(candidate, LinkOption.NOFOLLOW_LINKS)
                    && !UNFINISHED.contains(candidate); // to close such a file would end its lock
        })) {
            for (Path candidate : all) {
                removeUnlocked(candidate);
            }
        } catch (IOException | DirectoryIteratorException e) {
            return; // it takes space, but what is to be written does not depend on it
        }
    }

    private static void removeUnlocked(Path temporary) throws IOException {
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            if (lock != null) {
                Files.delete(temporary);
            }
        } catch (OverlappingFileLockException e) {
            return; // locked by this very process
        }
    }

    private static void replace(Path file, Path directory, Content content, UnaryOperator<OutputStream> device)
            throws IOException {
        Path temporary = temporary(file);
        boolean renamed = false;
        UNFINISHED.add(temporary);
        try {
            try (FileChannel channel = createLocked(temporary)) {
                content.writeTo(new KeptOpen(device.apply(Channels.newOutputStream(channel))));
                channel.force(true);
            }
            keepPermissions(file, temporary);
            move(temporary, file);
            renamed = true;
        } finally {
            if (!renamed) {
                Files.deleteIfExists(temporary);
            }
            UNFINISHED.remove(temporary);
        }
        forceDirectory(directory);
    }

    /** Creates a file and says that it is being written, where the file system has locks. */
    private static FileChannel createLocked(Path temporary) throws IOException {
        while (true) {
            FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            try {
                channel.lock();
            } catch (IOException e) {
                return channel; // nobody can tell, and so nobody removes it
            }
            if (Files.exists(temporary)) {
                return channel;
            }
            channel.close(); // it was removed before it was locked
        }
    }

    /** Outlives its user, who may close it: the channel below is still to be flushed to the disk. */
    private static final class KeptOpen extends FilterOutputStream {

        KeptOpen(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void keepPermissions(Path old, Path replacement) throws IOException {
        if (Files.exists(old)) {
            try {
                Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(old);
                Files.setPosixFilePermissions(replacement, permissions);
            } catch (UnsupportedOperationException e) {
                return; // not a POSIX file system: nothing to keep
            }
        }
    }

    /** Makes the rename itself durable, where the system lets a directory be opened (not on Windows). */
    private static void forceDirectory(Path directory) {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            return; // the file is complete and in place; only the moment it becomes durable is open
        }
    }

    private static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof NoSuchFileException) {
            return "there is no such directory";
        }
        String message = e instanceof FileSystemException f && f.getReason() != null ? f.getReason() : e.getMessage();
        if (message != null && message.contains("No space left on device")) {
            return "no space left on device";
        }
        return message == null ? e.getClass().getSimpleName() : message;
    }
}
