const models = data.models;
const basis = data.basis ? data.basis.map(floats) : null;
const m = features.count;
const letters = ["A", "B"];
const keys = ["a", "b"];

const cells = (tag, contents, properties) => contents.map(content => element(tag, properties, ...[content].flat()));
const row = (name, values) => element("tr", {}, element("th", { scope: "row" }, ...[name].flat()), ...cells("td", values));
const table = (caption, head, rows) => element("table", { className: "statistics" },
  element("caption", { className: "hidden" }, caption),
  element("thead", {}, element("tr", {}, ...cells("th", head, { scope: "col" }))),
  element("tbody", {}, ...rows));

const called = (s, j) => letters[s] + " " + (j + 1);
const sides = pair => [0, 1].filter(s => pair[keys[s]] != null).map(s => ({ s, key: keys[s], j: pair[keys[s]] }));
const title = pair => sides(pair).map(({ s, j }) => called(s, j)).join(" and ");
const id = pair => "pair-" + sides(pair).map(({ key, j }) => key + (j + 1)).join("-");
const isPair = pair => sides(pair).length === 2;
const partner = (pair, s) => pair[keys[s]] != null ? called(s, pair[keys[s]]) : "none; nearest " + called(s, pair.nearest);

// ---- summary

const warn = text => {
  at("notes").hidden = false;
  at("notes").querySelector("ul").append(element("li", {}, text));
};
const matched = data.pairs.filter(isPair);
const same = matched.filter(pair => pair.cosine >= data.same).length;
at("lead").textContent = [
  ...models.map((model, s) => letters[s] + ": " + model.name + ", rank " + model.rank),
  integers.format(features.total) + " features",
].join(" · ");
at("summary-note").textContent = same + " of " + matched.length + " matched pairs of components are alike, with a cosine of at least "
  + data.same + "." + (data.source ? " Both models explain " + data.source + ":" : "");
data.notes.forEach(warn);
models.forEach((model, s) => model.warnings.forEach(warning => warn("Fit of " + letters[s] + ": " + warning)));
if (data.figures.length > 0) {
  const text = (figure, value) => figure.percent ? percent(value) : value == null ? "–" : value.toPrecision(4);
  at("compared").hidden = false;
  at("compared").append(table("Figures of both models", ["", "A", "B", ""], data.figures.map(figure =>
    row(figure.label, [text(figure, figure.a), text(figure, figure.b), figure.note]))));
}
const settings = [...new Set(models.flatMap(model => Object.keys(model.settings)))];
at("settings").append(table("Settings of both models", ["", "A", "B"],
  settings.map(name => row(name, models.map(model => model.settings[name] ?? "–")))));

// ---- pairs

const columns = models.flatMap((model, s) => Object.entries(model.components).map(([name, column]) => ({ s, name, ...column })));
const value = (column, pair) => pair[keys[column.s]] == null ? null : column.values[pair[keys[column.s]]];
const shown = (column, x) => x == null ? "–" : column.share ? (100 * x).toFixed(0) + " %" : x.toFixed(3);
const heading = column => letters[column.s] + " " + column.name.replaceAll("_", " ");
at("matched-note").textContent = "From the most alike to the least. Choose one to see its weights."
  + (data.pairs.length > matched.length ? " Those without partner come last, with the nearest component of the other model." : "");
at("pairs").append(table("Components of both models, matched", ["A", "B", "Cosine", ...columns.map(heading)], data.pairs.map(pair => {
  const link = element("a", { href: "#" + id(pair), "aria-label": "Weights of " + title(pair) }, partner(pair, 0));
  return row(link, [partner(pair, 1), pair.cosine.toFixed(3), ...columns.map(column => shown(column, value(column, pair)))]);
})));
at("downloads").append(download("this table", "components.csv", () => [
  ["a", "b", "cosine", ...columns.map(column => keys[column.s] + "_" + column.name)],
  ...data.pairs.map(pair => [
    ...keys.map(key => pair[key] == null ? "" : "component" + (pair[key] + 1)),
    digits(pair.cosine, false), ...columns.map(column => digits(value(column, pair), false)),
  ]),
]));
at("meanings").hidden = columns.length === 0;
at("meanings").querySelector("dl").append(...columns.map(column =>
  element("div", {}, element("dt", {}, heading(column)), element("dd", {}, column.meaning))));

// ---- weights

/** The greatest features of both, one in a row, with what is known of them in either. */
function weights(pair) {
  const both = sides(pair);
  const most = both.map(({ key }) => greatest(pair.top.map(line => Math.max(line[key].value, line[key].upper ?? 0))));
  const range = (weight, from, to) => format(weight[from]) + " – " + format(weight[to]);
  const rows = pair.top.map(line => {
    const bars = both.map(({ key }, i) => {
      const { value, lower, upper, inclusion } = line[key];
      const drawn = bar(value, lower == null ? null : [lower, upper], inclusion ?? 1, most[i]);
      drawn.classList.add("of-" + key);
      return drawn;
    });
    return row([element("span", { className: "name", title: line.name }, line.name), ...bars], both.flatMap(({ key }) => {
      const weight = line[key];
      const notes = [
        ..."lower" in weight ? [range(weight, "lower", "upper")] : [],
        ..."bootstrapLower" in weight ? [[element("span", { className: "which" }, "bootstrap "), range(weight, "bootstrapLower", "bootstrapUpper")]] : [],
        ..."inclusion" in weight ? ["p " + probability(weight.inclusion)] : [],
      ];
      return [[format(weight.value), ...notes.map(text => element("span", { className: "within" }, ...[text].flat()))], String(weight.place)];
    }));
  });
  const head = both.flatMap(({ s, j }) => [called(s, j), "place"]);
  const known = both.map(({ key }) => ({ key, names: Object.keys(pair.top[0][key]) }));
  return [
    element("div", { className: "scroll" }, table("Weights of " + title(pair), ["Feature", ...head], rows)),
    download("these weights", id(pair) + ".csv", () => [
      ["feature", ...known.flatMap(({ key, names }) => names.map(name => key + "_" + name))],
      ...pair.top.map(line => [line.name, ...known.flatMap(({ key, names }) => names.map(name => line[key][name]))]),
    ]),
  ];
}

const of = (s, j) => basis[s].subarray(j * m, (j + 1) * m);

function images(pair) {
  return element("div", { className: "pictures" }, ...sides(pair).map(({ s, j }) => {
    const canvas = element("canvas", { role: "img", "aria-label": "component " + (j + 1) + " of " + letters[s] });
    paint(canvas, of(s, j), 0, greatest(of(s, j)));
    return element("figure", {}, canvas, element("figcaption", {}, called(s, j)));
  }));
}

/** Both along the features, each by its greatest weight: their lengths mean nothing to each other. */
function lines(pair, host) {
  chart(host, () => ({
    height: 180,
    ...onX,
    ...utc,
    scales: { ...overFeatures, y: { range: [0, 1.05] } },
    axes: [xAxis({}), yAxis({ size: 50 })],
    series: [position, ...sides(pair).map(({ s, j }) => line(called(s, j), colour(s === 0 ? "accent" : "second"), { width: 1.25 }))],
    data: [along, ...sides(pair).map(({ s, j }) => of(s, j).map(w => w / (greatest(of(s, j)) || 1)))],
  }));
}

const list = "the features with the greatest weights of either, in the unit of the data, and their places in each component."
  + " A bar is a weight by the greatest of its component.";
at("weights-note").textContent = {
  image: "Each component as an image, from 0 (black) to its greatest weight (white).",
  series: "Each component by its greatest weight along the features, and " + list,
  words: list[0].toUpperCase() + list.slice(1),
}[features.kind] + (features.note ? " " + features.note : "");
at("sides").className = features.kind === "image" ? "images-of-pairs" : "lists-of-pairs";

function show(pair, host) {
  if (features.kind === "image") {
    host.append(images(pair));
    return;
  }
  if (features.kind === "series") {
    const drawn = element("div", { className: "chart", role: "img", "aria-label": "The weights of " + title(pair) });
    host.append(drawn);
    lines(pair, drawn);
  }
  host.append(...weights(pair));
}

for (const pair of data.pairs) {
  const cosine = "cosine " + pair.cosine.toFixed(3);
  const says = isPair(pair) ? cosine : "no partner; nearest " + called(pair.a == null ? 0 : 1, pair.nearest) + ", " + cosine;
  const host = element("article", { id: id(pair), tabIndex: -1 },
    element("h3", {}, title(pair)),
    element("p", { className: "small" }, says + " · ", element("a", { href: "#matched" }, "all components")));
  at("sides").append(host);
  whenNear(host, () => show(pair, host));
}

// ---- about

at("about-text").append(...data.about.map(text => element("p", {}, text)));
document.documentElement.dataset.ready = Math.round(performance.now());
