package io.github.paenmf.io;

import static io.github.paenmf.io.TestFiles.assertMessage;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AtomicFileTest {

    private static final AtomicFile.Content NEW = out -> {
        for (int i = 0; i < 100; i++) {
            out.write("new content\n".getBytes(StandardCharsets.UTF_8));
        }
    };

    @TempDir
    Path directory;

    /** Takes so many bytes, then fails as a full disk does. */
    private static final class FullDisk extends FilterOutputStream {
        private int left;

        FullDisk(OutputStream out, int capacity) {
            super(out);
            left = capacity;
        }

        @Override
        public void write(int b) throws IOException {
            if (left-- <= 0) {
                throw new IOException("No space left on device");
            }
            out.write(b);
        }
    }

    private void assertOnly(Path file, String content) throws IOException {
        assertEquals(content, Files.readString(file));
        try (var files = Files.list(directory)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void createsAndReplaces() throws IOException {
        Path file = directory.resolve("a.txt");
        AtomicFile.write(file, out -> out.write('1'));
        assertOnly(file, "1");
        AtomicFile.write(file, out -> out.write('2'));
        assertOnly(file, "2");
    }

    @Test
    void removesWhatAKilledRunLeftOfTheSameFile() throws IOException {
        String uuid = ".0f8fad5b-d9cb-469f-a165-70867728950e.tmp";
        String beingWritten = ".a.txt" + uuid.replace('0', '1');
        Set<String> kept = new TreeSet<>(List.of("a.txt", beingWritten));
        touch(".a.txt" + uuid);
        touch(beingWritten);
        for (String other : List.of(
                ".b.txt" + uuid, // of another file
                ".a.txt.b.txt" + uuid,
                "a.txt" + uuid, // not hidden
                ".a.txt.tmp",
                ".a.txt.1234.tmp",
                ".a.txt" + uuid + "~",
                ".a.txt" + uuid.replace('f', 'g'),
                ".aXtxt" + uuid)) {
            touch(other);
            kept.add(other);
        }
        Path folder = Files.createDirectory(directory.resolve(".a.txt" + uuid.replace('8', '9')));
        kept.add(folder.getFileName().toString());
        try (FileChannel channel = FileChannel.open(directory.resolve(beingWritten), StandardOpenOption.WRITE)) {
            channel.lock();
            AtomicFile.write(directory.resolve("a.txt"), NEW);
        }
        assertEquals(kept, names());
    }

    /** A write within another of the same file, by the same process. */
    @Test
    void keepsWhatItStillWrites() throws IOException {
        Path file = directory.resolve("a.txt");
        AtomicFile.write(file, out -> {
            AtomicFile.write(file, NEW);
            assertEquals(2, names().size());
            out.write('2');
        });
        assertOnly(file, "2");
    }

    private Set<String> names() throws IOException {
        try (var files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private void touch(String name) throws IOException {
        Files.writeString(directory.resolve(name), "left");
    }

    @Test
    void theCheckLeavesWhatIsThere() throws IOException {
        Path file = directory.resolve("a.txt");
        Files.writeString(file, "old");
        AtomicFile.requireWritable(file);
        assertOnly(file, "old");
        AtomicFile.requireWritable(directory.resolve("b.txt"));
        assertOnly(file, "old");
    }

    @Test
    void theCheckRefusesWhatWritingRefuses() {
        Path missing = directory.resolve("missing/a.txt");
        for (Path target : List.of(directory, missing)) {
            CannotWriteException checked =
                    assertThrows(CannotWriteException.class, () -> AtomicFile.requireWritable(target));
            CannotWriteException written =
                    assertThrows(CannotWriteException.class, () -> AtomicFile.write(target, NEW));
            assertEquals(written.getMessage(), checked.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 500, 1199})
    void theOldFileSurvivesAFullDisk(int capacity) throws IOException {
        Path file = directory.resolve("a.txt");
        Files.writeString(file, "old");
        CannotWriteException e = assertThrows(
                CannotWriteException.class, () -> AtomicFile.write(file, NEW, out -> new FullDisk(out, capacity)));
        assertEquals("cannot write " + file + ": no space left on device", e.getMessage());
        assertOnly(file, "old");
    }

    @Test
    void aDiskThatJustSufficesSuffices() throws IOException {
        Path file = directory.resolve("a.txt");
        AtomicFile.write(file, NEW, out -> new FullDisk(out, 1200));
        assertOnly(file, "new content\n".repeat(100));
    }

    @Test
    void theOldFileSurvivesAFailureOfTheWriter() throws IOException {
        Path file = directory.resolve("a.txt");
        Files.writeString(file, "old");
        IllegalStateException failure = new IllegalStateException("failed");
        IllegalStateException thrown = assertThrows(
                IllegalStateException.class,
                () -> AtomicFile.write(file, out -> {
                    out.write(1);
                    throw failure;
                }));
        assertSame(failure, thrown);
        assertOnly(file, "old");
        OutOfMemoryError error = new OutOfMemoryError();
        assertThrows(
                OutOfMemoryError.class,
                () -> AtomicFile.write(file, out -> {
                    throw error;
                }));
        assertOnly(file, "old");
    }

    @Test
    void whatIsAbandonedLeavesTheOldFileAlone() throws IOException {
        Path file = directory.resolve("a.txt");
        Files.writeString(file, "old");
        assertThrows(
                CannotWriteException.class,
                () -> AtomicFile.write(file, out -> {
                    out.write(1);
                    AtomicFile.abandonAll();
                    try (var files = Files.list(directory)) {
                        assertEquals(1, files.count());
                    }
                }));
        assertOnly(file, "old");
    }

    @Test
    void anNpzOnAFullDiskLeavesTheOldOne() throws IOException {
        Path file = directory.resolve("a.npz");
        Files.writeString(file, "old");
        AtomicFile.Content content = out -> {
            try (NpzWriter npz = new NpzWriter(out, false)) {
                npz.write("a", new float[100_000], 100_000);
            }
        };
        for (int capacity : new int[] {0, 1000, 399_000, 400_128 + 100}) {
            assertThrows(
                    CannotWriteException.class,
                    () -> AtomicFile.write(file, content, out -> new FullDisk(out, capacity)));
            assertOnly(file, "old");
        }
    }

    @Test
    void namesWhatIsWrongWithThePath() throws IOException {
        Path missing = directory.resolve("missing").resolve("a.txt");
        assertMessage(
                assertThrows(CannotWriteException.class, () -> AtomicFile.write(missing, NEW)),
                "cannot write " + missing + ": ",
                "there is no directory " + missing.getParent());
        assertMessage(
                assertThrows(CannotWriteException.class, () -> AtomicFile.write(directory, NEW)),
                "cannot write " + directory + ": ",
                "it is a directory");
        Path file = Files.writeString(directory.resolve("a.txt"), "old");
        Path below = file.resolve("b.txt");
        assertMessage(
                assertThrows(CannotWriteException.class, () -> AtomicFile.write(below, NEW)), "cannot write " + below);
        Path tooLong = directory.resolve("x".repeat(300));
        assertMessage(
                assertThrows(CannotWriteException.class, () -> AtomicFile.write(tooLong, NEW)),
                "cannot write " + tooLong + ": ",
                "File name too long");
        assertOnly(file, "old");
    }

    @Test
    void saysThatADirectoryIsReadOnly() throws IOException {
        Path readOnly = Files.createDirectory(directory.resolve("ro"));
        assumeTrue(Files.getFileStore(readOnly).supportsFileAttributeView("posix"));
        Files.setPosixFilePermissions(readOnly, PosixFilePermissions.fromString("r-xr-xr-x"));
        assumeTrue(!Files.isWritable(readOnly), "this user may write anywhere");
        Path file = readOnly.resolve("a.txt");
        CannotWriteException e = assertThrows(CannotWriteException.class, () -> AtomicFile.write(file, NEW));
        assertEquals("cannot write " + file + ": permission denied", e.getMessage());
    }

    @Test
    void followsLinksAndKeepsPermissions() throws IOException {
        Path file = Files.writeString(directory.resolve("a.txt"), "old");
        assumeTrue(Files.getFileStore(file).supportsFileAttributeView("posix"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        AtomicFile.write(link, out -> out.write('n'));
        assertTrue(Files.isSymbolicLink(link));
        assertEquals("n", Files.readString(file));
        assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void writesToDevicesDirectly() throws IOException {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "not Linux");
        CannotWriteException e = assertThrows(CannotWriteException.class, () -> AtomicFile.write(full, NEW));
        assertEquals("cannot write /dev/full: no space left on device", e.getMessage());
        AtomicFile.write(Path.of("/dev/null"), NEW);
        assertTrue(Files.exists(Path.of("/dev/null")) && !Files.isRegularFile(Path.of("/dev/null")));
    }
}
