// All kernels in one translation unit: one module to load, one image an architecture.
#include "factors.cu"
#include "multiply_3xtf32.cu"
#include "posterior_sweep.cu"
#include "project.cu"
#include "rows.cu"
#include "sparse.cu"
#include "update_project.cu"
#include "variational.cu"
#include "weibull_backward.cu"
#include "weibull_heads.cu"
#include "weibull_kl.cu"
#include "weibull_sample.cu"
#include "weibull_step.cu"
#include "hidden_layers.cu"  // of parts of update_project.cu
#include "sliced_step.cu"  // of parts of weibull_step.cu and update_project.cu
#include "sliced_window.cu"
#include "hals_window.cu"
#include "vb_window.cu"
