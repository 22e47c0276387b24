package io.github.paenmf.spark;

import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.param.Params;

/** Parameters of {@link PaeNmf} and {@link PaeNmfModel}. */
public interface PaeNmfParams extends NmfParams {

    @Override
    OfPae paramSet();

    default DoubleParam stepSize() {
        return paramSet().stepSize;
    }

    /** Learning rates as a multiple of the usual ones; 1 unless set. */
    default double getStepSize() {
        return (Double) getOrDefault(stepSize());
    }

    default DoubleParam sigma() {
        return paramSet().sigma;
    }

    /** Standard deviation of the reconstruction error, in units of the data's root mean square; 0.1 unless set. */
    default double getSigma() {
        return (Double) getOrDefault(sigma());
    }

    /** The parameters themselves. */
    final class OfPae extends ParamSet {

        private static final long serialVersionUID = 1;

        final DoubleParam stepSize;
        final DoubleParam sigma;

        OfPae(Params parent) {
            super(
                    parent,
                    "least improvement of the objective in 50 passes, as a share of it, or with sigma 0 in nats per entry");
            stepSize = new DoubleParam(
                    parent,
                    "stepSize",
                    "learning rates of encoder, biases and decoder, as a multiple of the usual ones (> 0)",
                    ParamValidators.gt(0));
            sigma = new DoubleParam(
                    parent,
                    "sigma",
                    "standard deviation of the reconstruction error, in units of the data's root mean square (in [1e-4,"
                            + " 1e4]), or 0 to learn it; counts have none",
                    ParamValidators.inRange(0, 1e4));
        }

        @Override
        void setDefaults(Params owner, int passes) {
            super.setDefaults(owner, passes);
            owner.setDefault(stepSize, 1.0);
            owner.setDefault(sigma, 0.1);
        }
    }
}
