/**
 * NVIDIA GPUs. {@link io.github.paenmf.backend.cuda.CudaBackend} is found as a service where this library is;
 * {@link io.github.paenmf.backend.cuda.WeibullKernels} has the kernels for programs that use JCuda themselves, on buffers
 * of the device that are float32 and row-major.
 *
 * <pre>{@code
 * Execution execution = Execution.auto().withBackend(Backends.Choice.CUDA).withPrecision(Precision.TF32);
 * PaeNmf estimator = PaeNmf.builder().rank(64).execution(execution).build();
 * }</pre>
 */
package io.github.paenmf.backend.cuda;
