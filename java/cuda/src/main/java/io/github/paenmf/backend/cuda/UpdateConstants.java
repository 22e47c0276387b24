package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeConfiguration;

/**
 * What a configuration and a batch mean to the update; the struct of the same name in
 * update_project.cu.
 *
 * @param rows of the batch
 * @param encoderGradientScale from Vᵀ·dA to the mean gradient of a head's weights
 * @param decoderGradientScale 1/(σ²·rows), or 1/rows where σ² is learned
 * @param inverseDataScale 1/root mean square of the data
 * @param encoderRate of Wλ and Wk
 * @param biasRate of bλ and bk
 * @param stepClip greatest norm of a head's change (gd)
 * @param adam whether the optimiser is adam, else gd
 * @param multiplicative whether the update of Wf is multiplicative, else projected
 */
public record UpdateConstants(
        long rows,
        float encoderGradientScale,
        float decoderGradientScale,
        float inverseDataScale,
        float encoderRate,
        float biasRate,
        float stepClip,
        boolean adam,
        boolean multiplicative) {

    static UpdateConstants of(PaeProblem problem, long rows) {
        PaeConfiguration c = problem.configuration();
        return new UpdateConstants(
                rows,
                problem.encoderScale() / rows,
                (float) (1 / (c.learnsSigma() ? rows : c.sigma() * c.sigma() * rows)),
                (float) (1 / problem.dataScale()),
                problem.rates().encoder(),
                problem.rates().bias(),
                (float) c.stepClip(),
                c.optimiser() == Optimiser.ADAM,
                c.decoderUpdate() == DecoderUpdate.MULTIPLICATIVE);
    }

    /** In the order of the struct. */
    void pack(KernelArguments to) {
        to.value(1.0 / rows);
        to.value(encoderGradientScale);
        to.value(decoderGradientScale);
        to.value(inverseDataScale);
        to.value(encoderRate);
        to.value(biasRate);
        to.value(stepClip);
        to.value(adam ? 1 : 0);
        to.value(multiplicative ? 1 : 0);
    }
}
