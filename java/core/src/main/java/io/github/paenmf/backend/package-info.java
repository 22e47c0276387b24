/**
 * What computes, on the CPU or a device: {@link io.github.paenmf.backend.Execution} says where and with how many threads.
 * The other types are for those who write a {@link io.github.paenmf.backend.DeviceBackend}, which is found as a service.
 *
 * <pre>{@code
 * Execution execution = Execution.auto().withBackend(Backends.Choice.CPU).withThreads(2);
 * PaeNmf estimator = PaeNmf.builder().rank(10).execution(execution).build();
 * String reason = Backends.deviceUnavailable(); // null where there is a device
 * }</pre>
 */
package io.github.paenmf.backend;
