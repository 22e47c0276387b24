"use strict";

// What covariates do to the components: a table of factors, each drawn beside it on a logarithmic axis.

if (data.covariates) {
  const { names, numbers: ofNumbers } = data.covariates;
  const factor = floats(data.covariates.factor);
  // point estimates have no intervals: these are then the factors themselves
  const pointwise = !data.covariates.lower;
  const [lower, upper] = pointwise ? [factor, factor] : ["lower", "upper"].map(name => floats(data.covariates[name]));
  const cells = Array.from(factor.keys());
  const told = i => pointwise || lower[i] > 1 || upper[i] < 1;
  const reach = cells.reduce((most, i) => Math.max(most, Math.log(upper[i]), -Math.log(lower[i])), Math.log(2));
  const place = x => (50 + 50 * Math.max(-1, Math.min(1, Math.log(x) / reach))).toFixed(1) + "%";

  /** The interval and the factor, with 1 in the middle. */
  const drawn = i => {
    const whisker = element("span", { className: "whisker" });
    whisker.style.left = place(lower[i]);
    whisker.style.width = (parseFloat(place(upper[i])) - parseFloat(place(lower[i]))).toFixed(1) + "%";
    const dot = element("span", { className: "dot" });
    dot.style.left = place(factor[i]);
    return element("span", { className: "track around-1", "aria-hidden": "true" }, ...(pointwise ? [dot] : [whisker, dot]));
  };
  const text = x => "×\u202f" + format(Number(x.toPrecision(2)));
  const cell = i => element("td", { className: told(i) ? "" : "out" }, text(factor[i]),
    ...(pointwise ? [] : [element("span", { className: "within" },
      format(Number(lower[i].toPrecision(2))) + " – " + format(Number(upper[i].toPrecision(2))))]), drawn(i));

  at("covariates").hidden = false;
  at("covariates-link").hidden = false;
  at("covariates-note").textContent = "What multiplies the amount that is expected of a component in a sample"
    + (pointwise ? "" : ", with its " + levelText) + ": of a text, in samples of that level, compared with a sample whose covariates are the mean"
    + (ofNumbers ? "; of a number, for each standard deviation that it is greater" : "")
    + ". Drawn on a logarithmic axis with 1, no effect, in the middle"
    + (pointwise ? ". Estimates, of which the model does not say how certain they are." : "; paler where the interval holds it.");
  at("covariates-table").append(
    element("caption", { className: "hidden" }, "Effect of each covariate on each component"),
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Covariate"),
      ...Array.from({ length: rank }, (_, j) => element("th", { scope: "col" }, componentLink(j, "Component " + (j + 1)))))),
    element("tbody", {}, ...names.map((name, c) => element("tr", {}, element("th", { scope: "row" }, name),
      ...Array.from({ length: rank }, (_, j) => cell(c * rank + j))))));
  at("covariates-downloads").append(download("the effects of covariates", "covariates.csv", () => [
    ["covariate", "component", "factor", ...(pointwise ? [] : ["lower", "upper"])],
    ...cells.map(i => [names[Math.floor(i / rank)], i % rank + 1, factor[i], ...(pointwise ? [] : [lower[i], upper[i]])]),
  ]));
}
