package io.github.paenmf.backend.cuda;

import io.github.paenmf.data.RowSource;

/** Epochs of which a launch takes any number, and starts from nothing but the state. */
interface EpochWindow extends WholeStep {

    /** Nothing: a launch makes its first P and G itself. */
    @Override
    default void prepare(DeviceMatrix v, RowSource data) {}

    @Override
    default void launch(StepBuffers buffers, DeviceMatrix v) {
        launch(buffers, v, 1);
    }

    @Override
    default boolean joins() {
        return true;
    }
}
