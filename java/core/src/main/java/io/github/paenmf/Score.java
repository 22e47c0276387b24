package io.github.paenmf;

import io.github.paenmf.model.SavedModel;
import java.util.List;

/**
 * How well a model explains data. What a model without distributions of its coefficients (standard NMF, a
 * deterministic autoencoder) does not have is NaN: errors from means and samples, and KL. Of data that are 0 throughout
 * relative errors are not defined, and NaN too.
 *
 * @param relativeErrorMedian ‖V − V̂‖/‖V‖ (Frobenius), V̂ decoded from the latents' medians, or from the
 *     coefficients where they are numbers
 * @param relativeErrorMean likewise from their means
 * @param relativeErrorSampled likewise from samples, averaged over draws
 * @param reconstructionPerSample ‖v − v̂‖²/(2σ²) per sample, where σ was learned −E ln p(v | h) with (m/2)·ln 2πσ² beside
 *     it, v̂ from latent samples, averaged over draws; v̂ from the coefficients where they are numbers, and σ = 1 for
 *     standard NMF; with a Poisson likelihood −E ln p(v | h), and by the Kullback-Leibler divergence that
 * @param klPerSample KL(latents ‖ prior) per sample, in nats
 * @param objective what training minimises: the sum of both, or the first alone where KL is off; an
 *     upper bound, up to a constant, of −ln p(v) (negative ELBO)
 * @param hoyerSparsity sparsity of the columns of Wf after Hoyer 2004, averaged: 0 even, 1 a single
 *     entry
 * @param deadComponents components, from 0, that take no part in any reconstruction of the data: their column of the
 *     basis is 0, or {@link FactorisationModel#coefficients} are all 0 (standard NMF) or have λ at its floor (the others)
 * @param elbo evidence lower bound of the data given the basis, per entry, in nats; of variational NMF, else NaN
 * @param sigma σ, standard deviation of the noise, in units of the root mean square of the training data; of
 *     variational NMF and where PAE-NMF has learned it, else NaN
 * @param deviance mean Poisson deviance of an entry, 2(v ln(v/v̂) − v + v̂) with v̂ from the latents' means, or from the
 *     coefficients where they are numbers; of variational NMF and PAE-NMF with a Poisson likelihood and NMF by the
 *     Kullback-Leibler divergence, else NaN
 */
public record Score(
        double relativeErrorMedian,
        double relativeErrorMean,
        double relativeErrorSampled,
        double reconstructionPerSample,
        double klPerSample,
        double objective,
        double hoyerSparsity,
        List<Integer> deadComponents,
        double elbo,
        double sigma,
        double deviance) {

    public Score {
        deadComponents = List.copyOf(deadComponents);
    }

    /** Of a model whose coefficients are numbers. */
    static Score ofNumbers(
            double relativeError,
            double reconstructionPerSample,
            double hoyerSparsity,
            List<Integer> deadComponents,
            double deviance) {
        return new Score(
                relativeError,
                Double.NaN,
                Double.NaN,
                reconstructionPerSample,
                Double.NaN,
                reconstructionPerSample,
                hoyerSparsity,
                deadComponents,
                Double.NaN,
                Double.NaN,
                deviance);
    }

    /** Names of the {@link #deadComponents}, as the columns of coefficients have them. */
    public List<String> deadComponentNames() {
        return deadComponents.stream().map(SavedModel::componentName).toList();
    }

    /** ‖V − V̂‖/‖V‖ (Frobenius) of what {@link FactorisationModel#reconstruct} returns. */
    public double relativeError() {
        return relativeErrorMedian;
    }

    /** Whether coefficients have distributions, and so errors from means and samples, and KL. */
    public boolean isProbabilistic() {
        return !Double.isNaN(klPerSample);
    }
}
