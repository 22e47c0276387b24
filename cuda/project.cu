// The non-negative projection alone: w ← max(w, 0); NaN stays NaN, so that divergence stays visible.

// w: rows × columns with a stride between rows. Launch: any grid and block.
extern "C" __global__ void project_nonnegative(float* w, int stride, int rows, int columns) {
    const long long count = static_cast<long long>(rows) * columns;
    const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += threads) {
        float* at = w + i / columns * stride + i % columns;
        if (*at < 0.0f) *at = 0.0f;
    }
}
