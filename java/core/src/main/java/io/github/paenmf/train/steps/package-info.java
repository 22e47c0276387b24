/** The first parameters of a fit, and its steps; not exported. */
package io.github.paenmf.train.steps;
