/**
 * What a fit is asked for, and what it found: settings with their ranges, parameters, the history of the objective, and
 * warnings. {@link io.github.paenmf.FactorisationModel} gives most of it to its users.
 *
 * <pre>{@code
 * try {
 *     PaeNmf.builder().rank(0).build();
 * } catch (SettingException e) {
 *     Setting setting = e.setting(); // RANK
 *     String problem = e.problem(); // what it must be
 * }
 * }</pre>
 */
package io.github.paenmf.model;
