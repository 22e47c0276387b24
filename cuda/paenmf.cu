// All kernels in one translation unit: one module to load, one image an architecture.
#include "project.cu"
#include "rows.cu"
#include "update_project.cu"
#include "weibull_backward.cu"
#include "weibull_heads.cu"
#include "weibull_kl.cu"
#include "weibull_sample.cu"
#include "weibull_step.cu"
