"""Steps on demand: a peer says READY with its first losses, then answers each "RUN STEPS" with the milliseconds."""
import json
import sys
import time


def serve(losses, library, step):
    print("READY", json.dumps({"losses": losses, "library": f"{library}; {blas()}"}), flush=True)
    for line in sys.stdin:
        steps = int(line.split()[1])
        start = time.perf_counter()
        for _ in range(steps):
            step()
        print((time.perf_counter() - start) * 1e3, flush=True)


def blas():
    """The BLAS that is loaded, with the kernels that it chose for this processor."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "BLAS unknown: no threadpoolctl"
    return ", ".join(
        f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')} {pool.get('threading_layer', '')}, "
        f"{pool['num_threads']} threads" for pool in threadpool_info() if pool["user_api"] == "blas") or "BLAS unknown"
