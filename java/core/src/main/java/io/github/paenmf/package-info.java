/**
 * Fits non-negative matrix factorisations and uses their models: V ≈ H·Wᵀ, with data V n × m (samples × features),
 * coefficients H n × r and the basis W m × r.
 *
 * <p>{@link io.github.paenmf.PaeNmf} (an autoencoder) and {@link io.github.paenmf.VariationalNmf} find distributions of
 * the coefficients, {@link io.github.paenmf.Nmf} numbers. Each has a builder; what it fits is a
 * {@link io.github.paenmf.FactorisationModel}, immutable and thread-safe.
 *
 * <pre>{@code
 * Matrix data = MatrixReader.read("demo:digits");
 * VariationalNmf estimator = VariationalNmf.builder().rank(16).epochs(100).build();
 * VariationalModel model = estimator.fit(data);
 * Latent latent = model.transform(data); // samples × components
 * Matrix expected = latent.mean();
 * Matrix basis = model.basis(); // features × components, in the units of the data
 * model.save(Path.of("digits.npz"));
 * }</pre>
 */
package io.github.paenmf;
