package io.github.paenmf.cli;

/** What the process says to its caller; those from 64 on as in BSD's {@code sysexits.h}. */
final class ExitCode {

    static final int DONE = 0;

    /** The command line is not one that can be run. */
    static final int USAGE = 2;

    /** An input was read, but its content cannot be used. */
    static final int BAD_DATA = 65;

    /** An input is not there or cannot be read. */
    static final int NO_INPUT = 66;

    /** The backend that was asked for cannot be had here. */
    static final int UNAVAILABLE = 69;

    /** Training diverged, memory did not suffice, or this program has a fault. */
    static final int INTERNAL = 70;

    /** An output cannot be written. */
    static final int CANNOT_WRITE = 73;

    /** The device was lost; the same again goes on from a checkpoint. */
    static final int TEMPORARY = 75;

    /** Stopped by the user, with Ctrl-C: 128 and the number of SIGINT. Other signals likewise, as 143 for SIGTERM. */
    static final int INTERRUPTED = 130;

    /** Nobody reads the pipe that stdout is: 128 and the number of SIGPIPE, as other programs end then. */
    static final int BROKEN_PIPE = 141;

    private ExitCode() {}
}
