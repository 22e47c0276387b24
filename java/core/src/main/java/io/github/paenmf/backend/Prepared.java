package io.github.paenmf.backend;

import java.util.function.Supplier;

/**
 * What depends on a fitted model alone and takes longer to make than a row does: made when it is first asked for, and
 * once, for all that is opened of the model. Thread-safe.
 *
 * @param <T> immutable, or thread-safe
 */
public final class Prepared<T> implements Supplier<T> {

    private final Supplier<T> maker;
    private volatile T value;

    public Prepared(Supplier<T> maker) {
        this.maker = maker;
    }

    @Override
    public T get() {
        T made = value;
        return made == null ? make() : made;
    }

    private synchronized T make() {
        if (value == null) {
            value = maker.get();
        }
        return value;
    }
}
