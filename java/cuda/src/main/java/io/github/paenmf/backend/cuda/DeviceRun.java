package io.github.paenmf.backend.cuda;

/** A run of rows of V on the device, in the form that they have, while others use it on the stream of the device. */
interface DeviceRun {

    /** How many rows. */
    int rows();

    /**
     * target = factor·V·X; only launches.
     *
     * @param x m × columns
     * @param target rows × columns
     */
    void multiply(float factor, DeviceMatrix x, DeviceMatrix target);

    /**
     * ‖V/scale − H·Wᵀ‖²; waits.
     *
     * @param h rows × r
     * @param w m × r
     */
    double squaredError(DeviceMatrix h, DeviceMatrix w);

    /** What is done with runs. */
    interface Task {
        /**
         * Does it.
         *
         * @param v the run; here until this returns and all that it has launched is done
         * @param from index in the data of its first row
         */
        void accept(DeviceRun v, int from);
    }
}
