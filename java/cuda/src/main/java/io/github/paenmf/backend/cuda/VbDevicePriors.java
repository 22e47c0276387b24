package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.VbPriors;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbParameters;
import java.util.Arrays;
import jcuda.driver.CUstream;

/** The priors as they lie on the device (cuda/variational.cu), to and from there. */
final class VbDevicePriors {

    private VbDevicePriors() {}

    /** Copies what parameters say of the priors, by the rules of {@link VbPriors#set}. */
    static void upload(VbConfiguration configuration, VbParameters parameters, DeviceBuffer target, CUstream stream) {
        VbPriors priors = new VbPriors(configuration, parameters.features());
        priors.set(parameters);
        upload(priors, target, stream);
    }

    /** Copies them to the device. */
    static void upload(VbPriors priors, DeviceBuffer target, CUstream stream) {
        int r = priors.mean().length;
        double[] values = new double[VbKernels.priors(r)];
        values[0] = priors.squaredSigma();
        values[1] = priors.zeros() ? 1 : 0;
        System.arraycopy(priors.coefficientInclusion(), 0, values, 2, r);
        System.arraycopy(priors.mean(), 0, values, 2 + r, r);
        System.arraycopy(priors.inclusion(), 0, values, 2 + 2 * r, r);
        System.arraycopy(priors.coefficientMean(), 0, values, 2 + 3 * r, r);
        target.upload(values, stream);
    }

    /** Writes them to parameters that hold W's posterior at the fit's scale, by the rules of {@link VbPriors#read}. */
    static void download(DeviceBuffer source, VbParameters target, CUstream stream) {
        int r = target.rank();
        double[] values = new double[VbKernels.priors(r)];
        source.download(values, stream);
        target.setSquaredSigma(values[0]);
        target.setZeros(values[1] != 0);
        System.arraycopy(values, 2, target.coefficientInclusion(), 0, r);
        System.arraycopy(values, 2 + r, target.priorMean(), 0, r);
        System.arraycopy(values, 2 + 2 * r, target.priorInclusion(), 0, r);
        VbPriors.toUnitMeans(Arrays.copyOfRange(values, 2 + 3 * r, 2 + 4 * r), target);
    }
}
