package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import jcuda.driver.CUcontext;
import jcuda.driver.JCudaDriver;

/** The context that is current on this thread, which is the caller's business. */
final class CurrentContext {

    private CurrentContext() {}

    static CUcontext get() {
        CUcontext current = new CUcontext();
        CudaContext.check(JCudaDriver.cuCtxGetCurrent(current), "cuCtxGetCurrent");
        return current;
    }

    /** The same object, with each of its calls, those that throw too, watched: they may leave no other context current. */
    @SuppressWarnings("unchecked") // the proxy passes on every call
    static <T> T watched(Class<? super T> type, T object) {
        return (T) type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    CUcontext before = get();
                    try {
                        return method.invoke(object, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    } finally {
                        assertEquals(before, get(), () -> "the current context after " + method.getName());
                    }
                }));
    }
}
