package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Everything that is taken from the device is given back, once. */
@Tag("cuda")
class DeviceMemoryTest {

    private CudaContext context;
    private int live;

    @BeforeEach
    void open() {
        context = CudaContext.open(0);
        context.push();
        live = Lifetime.live();
    }

    @AfterEach
    void close() {
        context.pop();
        context.close();
    }

    /** 0 on a real device, whose free memory others change as well. */
    private long freeMemory() {
        return context.device().emulated() ? context.freeMemory() : 0;
    }

    @Test
    void closingTwiceFreesOnce() {
        long free = freeMemory();
        DeviceBuffer device = DeviceBuffer.allocate(context, 1 << 20, "numbers");
        PinnedBuffer pinned = PinnedBuffer.allocate(context, 1 << 20, "numbers");
        assertTrue(freeMemory() <= Math.max(0, free - (1 << 20)));
        assertEquals(2L << 20, DeviceArena.liveBytes());

        for (int i = 0; i < 2; i++) {
            device.close();
            pinned.close();
            assertEquals(0, DeviceArena.liveBytes());
            assertEquals(live, Lifetime.live());
            assertEquals(free, freeMemory());
        }
    }

    @Test
    void aClosedBufferHasNoAddress() {
        DeviceBuffer device = DeviceBuffer.allocate(context, 8, "the gradient");
        PinnedBuffer pinned = PinnedBuffer.allocate(context, 8, "the losses");
        device.close();
        pinned.close();

        assertEquals(
                "the device memory for the gradient has been closed",
                assertThrows(IllegalStateException.class, device::pointer).getMessage());
        assertThrows(IllegalStateException.class, () -> device.pointer(0));
        assertEquals(
                "the page-locked memory for the losses has been closed",
                assertThrows(IllegalStateException.class, pinned::pointer).getMessage());
        assertThrows(IllegalStateException.class, pinned::buffer);
    }

    @Test
    void anOffsetStaysInTheBuffer() {
        try (DeviceBuffer device = DeviceBuffer.allocate(context, 12, "numbers")) {
            assertEquals(device.pointer().withByteOffset(12), device.pointer(12));
            for (long outside : new long[] {-1, 13, Long.MAX_VALUE}) {
                assertTrue(assertThrows(IndexOutOfBoundsException.class, () -> device.pointer(outside))
                        .getMessage()
                        .contains("byte " + outside + " of the 12 bytes"));
            }
        }
    }

    @Test
    void whatIsCopiedComesBack() {
        try (DeviceArena arena = new DeviceArena(context)) {
            DeviceBuffer device = arena.allocate(12, "numbers");
            PinnedBuffer pinned = arena.allocatePinned(12, "numbers");
            assertEquals(ByteOrder.nativeOrder(), pinned.buffer().order());
            pinned.buffer().putInt(0, 1).putInt(4, 2).putInt(8, 3);

            CudaContext.check(JCudaDriver.cuMemcpyHtoD(device.pointer(), pinned.pointer(), 12), "cuMemcpyHtoD");
            pinned.buffer().putInt(0, 0);
            CudaContext.check(JCudaDriver.cuMemcpyDtoH(pinned.pointer(), device.pointer(4), 8), "cuMemcpyDtoH");

            assertEquals(2, pinned.buffer().getInt(0));
            assertEquals(3, pinned.buffer().getInt(4));
        }
    }

    @Test
    void sizesAreAtLeastOneByte() {
        for (int bytes : new int[] {0, -1, Integer.MIN_VALUE}) {
            assertTrue(assertThrows(
                            IllegalArgumentException.class, () -> DeviceBuffer.allocate(context, bytes, "the gradient"))
                    .getMessage()
                    .equals("device memory for the gradient: bytes must be at least 1, not " + bytes));
            assertThrows(IllegalArgumentException.class, () -> PinnedBuffer.allocate(context, bytes, "the gradient"));
        }
        assertEquals(live, Lifetime.live());
    }

    @Test
    void anArenaClosesLastFirstAndOnce() {
        List<String> closed = new ArrayList<>();
        DeviceArena arena = new DeviceArena(context);
        arena.own(() -> closed.add("first"));
        DeviceBuffer buffer = arena.allocate(8, "numbers");
        arena.own(() -> closed.add("last, buffer alive: " + (DeviceArena.liveBytes() == 8)));

        arena.close();
        arena.close();

        assertEquals(List.of("last, buffer alive: true", "first"), closed);
        assertThrows(IllegalStateException.class, buffer::pointer);
        assertThrows(IllegalStateException.class, () -> arena.allocate(8, "more"));
        assertEquals(live, Lifetime.live());
    }

    @Test
    void anArenaClosesTheRestWhenOneFails() {
        DeviceArena arena = new DeviceArena(context);
        arena.allocate(8, "numbers");
        IllegalStateException failure = new IllegalStateException("first to close");
        IllegalStateException second = new IllegalStateException("second to close");
        arena.own(() -> {
            throw second;
        });
        arena.own(() -> {
            throw failure;
        });

        assertSame(failure, assertThrows(IllegalStateException.class, arena::close));

        assertEquals(List.of(second), List.of(failure.getSuppressed()));
        assertEquals(live, Lifetime.live());
    }

    @Test
    void aConstructionThatFailsHalfWayLeavesNothing() {
        DeviceArena arena = new DeviceArena(context);
        IllegalStateException failure = new IllegalStateException("half-way");

        assertSame(
                failure,
                assertThrows(
                        IllegalStateException.class,
                        () -> arena.construct(() -> {
                            arena.allocate(8, "numbers");
                            arena.allocatePinned(8, "numbers");
                            throw failure;
                        })));

        assertEquals(live, Lifetime.live());
        assertEquals(0, DeviceArena.liveBytes());
    }

    @Test
    void tooMuchIsRefusedWithTheRemedyAndTheDeviceGoesOn() {
        long free = freeMemory();
        long total = context.device().memoryBytes();

        DeviceMemoryException refusal = assertThrows(
                DeviceMemoryException.class, () -> DeviceBuffer.allocate(context, 1L << 50, "P and S of 7 x 3 rows"));

        assertEquals(1L << 50, refusal.askedBytes());
        if (context.device().emulated()) {
            assertEquals(free, refusal.freeBytes());
        }
        assertEquals(total, refusal.totalBytes());
        for (String part : List.of(
                "CUDA_ERROR_OUT_OF_MEMORY",
                "cuMemAlloc",
                "1048576.00 GiB asked for P and S of 7 x 3 rows",
                " free; ",
                "--chunk-rows")) {
            assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
        }
        assertEquals(live, Lifetime.live());
        DeviceBuffer.allocate(context, 8, "little").close();
    }

    @Test
    void aBufferKeepsTheDeviceUntilItIsClosed() {
        CudaContext first = CudaContext.open(0);
        DeviceBuffer buffer = DeviceBuffer.allocate(first, 8, "numbers");
        first.close();
        first.close();

        assertThrows(IllegalStateException.class, first::push);
        assertThrows(IllegalStateException.class, () -> DeviceBuffer.allocate(first, 8, "more"));
        CudaContext.check(JCudaDriver.cuMemsetD8(buffer.pointer(), (byte) 1, 8), "cuMemsetD8");
        buffer.close();
        assertEquals(live, Lifetime.live());
    }

    /** The cleaner comes when the collector does; asking the collector again is all that there is to wait for. */
    @Test
    void whatNobodyClosesIsFreedAndLogged() {
        List<String> log = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                log.add(new SimpleFormatter().formatMessage(entry));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(Lifetime.class.getName());
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        int forgotten = Lifetime.forgotten();
        try {
            DeviceBuffer.allocate(context, 8, "the forgotten");
            assertEquals(8, DeviceArena.liveBytes());
            for (int i = 0; Lifetime.forgotten() == forgotten && i < 1000; i++) {
                System.gc();
            }
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(true);
        }

        assertEquals(0, DeviceArena.liveBytes());
        assertEquals(live, Lifetime.live());
        assertEquals(List.of("leak: device memory for the forgotten was never closed; freeing it now"), log);
    }
}
