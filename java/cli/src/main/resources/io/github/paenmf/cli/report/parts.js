// ---- the parts: pictures, lines or lists, each a link to the page of its component

let component = 0;
const dead = new Set(data.dead);

/** How much of all reconstructions comes from each component. */
const shares = (() => {
  const sums = Array.from({ length: rank }, (_, j) => {
    let h = 0;
    for (let i = 0; i < count; i++) h += quantile(i, j, 0.5);
    let w = 0;
    for (let f = 0; f < m; f++) w += basis[j * m + f];
    return h * w;
  });
  const total = sums.reduce((a, b) => a + b, 0);
  return sums.map(sum => total > 0 ? sum / total : 0);
})();

function shareText(j) {
  if (dead.has(j)) return "dead";
  return shares[j] > 0 && shares[j] < 0.0005 ? "< 0.1 %" : percent(shares[j]);
}

const whole = share => share > 0 && share < 0.005 ? "< 1 %" : (100 * share).toFixed(0) + " %";

/** In how many samples and features a component more probably is than not. */
const withinText = j => "in " + whole(data.samplesWith[j]) + " of samples, " + whole(data.featuresWith[j]) + " of features";
const within = j => inclusion ? [element("span", { className: "within" }, withinText(j))] : [];

/** A part as a link to its page. */
function tile(j, name, ...content) {
  const link = element("a", {
    id: "part-" + (j + 1), href: "#component-" + (j + 1), className: "tile", title: "Show the page of component " + (j + 1),
  }, ...content, element("span", { className: "caption" }, element("span", { className: "title" }, ...name), " ", element("span", { className: "share" }, shareText(j)), ...within(j)));
  link.dataset.component = j;
  return link;
}

/** How many of the parts stand beside each other, so that few places of the last line are free. */
function perLine(least, most) {
  let best = Math.min(rank, most);
  for (let n = most; n >= least && rank > most; n--) {
    if ((n - rank % n) % n < (best - rank % best) % best) best = n;
  }
  return best;
}

const componentLink = (j, ...text) => element("a", { href: "#component-" + (j + 1) }, ...text);

const top = data.top
  ? { ...data.top, ...Object.fromEntries(["value", "lower", "upper", "inclusion", "bootstrapLower", "bootstrapUpper"].map(key => [key, data.top[key] ? floats(data.top[key]) : null])) }
  : null;

const bootstrapBounds = data.bootstrapLower ? { lower: floats(data.bootstrapLower), upper: floats(data.bootstrapUpper) } : null;

if (data.components) {
  const { titles, meanings, rows } = data.components;
  at("components").hidden = false;
  at("components-table").append(
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Component"),
      ...titles.map((title, i) => element("th", { scope: "col", title: meanings[i] }, title)))),
    element("tbody", {}, ...rows.map((row, j) => element("tr", {}, element("th", { scope: "row" }, componentLink(j, String(j + 1))),
      ...row.map(cell => element("td", {}, cell))))));
  at("components-meanings").append(...titles.flatMap((title, i) => [element("dt", {}, title), element("dd", {}, meanings[i])]));
}

const statisticWords = {
  value: ["posterior mean", "from 0 (black) to the greatest upper bound of the component (white)"],
  lower: ["lower bound", "from 0 (black) to the greatest upper bound of the component (white)"],
  upper: ["upper bound", "from 0 (black) to the greatest one of the component (white)"],
  width: ["relative width of the interval", "half the width by the middle", "from 0 (black: certain) to 1 (white: it reaches down to 0)"],
  bootstrapWidth: ["relative width of the bootstrap's interval", "half the width by the middle", "from 0 (black: the same whatever the samples) to 1 (white: it reaches down to 0)"],
};

const note = [];
if (features.kind === "image") {
  note.push("The columns of the basis as images" + (basisBounds ? "." : ", each from 0 (black) to its greatest weight (white).")
    + (basisInclusion ? " Beside each, p: the probability that a weight is not 0, from 0 (black) to 1 (white)." : ""));
  at("basis").className = "tiles";
  at("basis").style.setProperty("--columns", basisInclusion ? perLine(4, 6) : perLine(8, 12));
  if (basisInclusion) { // two pictures in a tile
    at("basis").style.setProperty("--least", "144px");
    at("basis").style.setProperty("--widest", "264px");
  }
  for (let j = 0; j < rank; j++) {
    const canvas = element("canvas", { className: "weights" });
    const pictures = element("span", { className: "images" }, canvas);
    if (basisInclusion) {
      const probability = element("canvas", { className: "probability" });
      paintInclusion(probability, j);
      pictures.append(probability);
    }
    at("basis").append(tile(j, [element("span", { className: "hidden" }, "Component "), String(j + 1)], pictures));
  }
  showStatistic("value");
  at("shown").hidden = !basisBounds && !bootstrapBounds;
  for (const option of [...at("statistic").options]) {
    const ofBootstrap = option.value === "bootstrapWidth";
    if (option.value !== "value" && !(ofBootstrap ? bootstrapBounds : basisBounds)) option.remove();
  }
  at("statistic").addEventListener("change", event => showStatistic(event.target.value));
} else {
  at("basis").className = "panels";
  at("basis").classList.toggle("intervals", Boolean(top && top.lower));
  note.push(features.kind === "series" ? "The columns of the basis along the features, in the unit of the data."
    : "The features with the greatest weights in each column of the basis, in the unit of the data.");
  for (let j = 0; j < rank; j++) {
    const panel = element("div", {}, tile(j, ["Component " + (j + 1)]));
    at("basis").append(panel);
    if (features.kind === "series") {
      const host = element("div", { className: "chart", role: "img", "aria-label": "component " + (j + 1) });
      panel.append(host);
      whenNear(host, () => chart(host, () => lineOfPart(j, 140)));
    }
    if (top) {
      panel.append(
        listing("Feature", "Weight", "Features with the greatest weights in component " + (j + 1), topFeatures(j).slice(0, 10)),
        element("p", { className: "more" }, componentLink(j, "More of component " + (j + 1))));
    }
  }
}
if (basisBounds && features.kind === "series") note.push("The band goes from the lower to the upper bound of each weight.");
if (basisInclusion && features.kind === "series") note.push("The broken line, with its axis on the right, is p, the probability that the weight is not 0.");
if (top && top.lower) note.push("A bar is a weight, and the line across it its interval.");
if (top && top.inclusion) note.push("The last column" + (features.kind === "series" ? " of a list" : "") + " is p, the probability that the weight is not 0; what is paler is more probably not in the part.");
if (inclusion) note.push("A part is in a sample, and a feature in a part, if that is at least as probable as not (p ≥ ½).");
note.push("The percentage " + (inclusion ? "beside its number " : "") + "is its share of all reconstructions. Choose a part to see its greatest weights and the samples that hold most of it.");
if (features.note) note.push(features.note);
at("parts-note").textContent = note.join(" ");
at("intervals").textContent = data.intervals;
at("intervals").hidden = !data.intervals;

/** The weights of a component along the features, with their bounds and probabilities. */
function lineOfPart(j, height) {
  const of = array => array.subarray(j * m, (j + 1) * m);
  const p = basisInclusion ? of(basisInclusion) : null;
  const edge = label => line(label, colour("accent"), { width: 0.5, alpha: 0.6 });
  return {
    height,
    ...utc,
    cursor: { y: false, drag: { x: false, y: false } },
    legend: { show: false },
    scales: {
      ...overFeatures,
      y: { range: (u, least, most) => [0, most > 0 ? 1.05 * most : 1] },
      ...(p ? { p: { range: [0, 1.05] } } : {}),
    },
    axes: [
      xAxis({}),
      yAxis({ size: 50 }),
      ...(p ? [yAxis({ scale: "p", side: 1, size: 36, stroke: colour("second"), grid: { show: false }, splits: [0, 0.5, 1] })] : []),
    ],
    series: [
      position,
      line("weight", colour("accent"), { width: 1.25 }),
      ...(basisBounds ? [edge("lower"), edge("upper")] : []),
      ...(p ? [line("p", colour("second"), { width: 1, scale: "p", dash: [4, 3] })] : []),
    ],
    bands: basisBounds ? [{ series: [3, 2], fill: colour("band") }] : [],
    data: [along, of(basis), ...(basisBounds ? [of(basisBounds.lower), of(basisBounds.upper)] : []), ...(p ? [p] : [])],
  };
}

/** Shows one statistic of all weights as images. */
function showStatistic(name) {
  at("basis").querySelectorAll("canvas.weights").forEach((canvas, j) => paintStatistic(canvas, name, j));
  at("statistic-note").hidden = !basisBounds && !bootstrapBounds;
  at("statistic-note").textContent = "Shown: " + statisticWords[name].join(", ") + ".";
}

/** Paints one statistic of a component's weights: the three in their unit on a scale of the component's own. */
function paintStatistic(canvas, name, j) {
  const of = array => array.subarray(j * m, (j + 1) * m);
  const white = name === "width" || name === "bootstrapWidth" ? 1 : greatest(of(basisBounds ? basisBounds.upper : basis));
  const pixels = name === "value" ? of(basis)
    : name === "width" ? relativeWidths(of(basisBounds.lower), of(basisBounds.upper))
    : name === "bootstrapWidth" ? relativeWidths(of(bootstrapBounds.lower), of(bootstrapBounds.upper)) : of(basisBounds[name]);
  paint(canvas, pixels, 0, white);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "component " + (j + 1) + (name === "value" ? "" : ", " + statisticWords[name][0]));
}

function paintInclusion(canvas, j) {
  paint(canvas, basisInclusion, j * m, 1);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "p of component " + (j + 1));
}

/** Half the width of each interval by its middle: 0 where it is certain, 1 where it reaches down to 0. */
function relativeWidths(from, to) {
  return from.map((low, f) => to[f] > 0 ? (to[f] - low) / (to[f] + low) : 0);
}

/** So many features and samples of a component are listed at least, where there are so many. */
const listed = 20;

/** The greatest weights of a component, greatest first, with what is known of each. */
function topFeatures(j) {
  const both = (bounds, i) => bounds && bounds.lower ? [bounds.lower[i], bounds.upper[i]] : null;
  if (top) {
    return Array.from({ length: top.count }, (_, n) => j * top.count + n).map(i => ({
      name: top.names[i], value: top.value[i], p: top.inclusion ? top.inclusion[i] : null,
      interval: both(top, i), bootstrap: both({ lower: top.bootstrapLower, upper: top.bootstrapUpper }, i),
    }));
  }
  const weights = basis.subarray(j * m, (j + 1) * m);
  return Array.from(weights.keys()).sort((a, b) => weights[b] - weights[a]).slice(0, listed).map(f => ({
    name: featureName(f), value: weights[f], p: basisInclusion ? basisInclusion[j * m + f] : null,
    interval: both(basisBounds, j * m + f), bootstrap: both(bootstrapBounds, j * m + f),
  }));
}

/** Values with what is known of each as a table, from the greatest to the least; a name may open what it is of. */
function listing(what, value, caption, lines) {
  const most = lines.reduce((greatest, { value, interval }) => Math.max(greatest, value, interval ? interval[1] : 0), 0);
  const [first] = lines;
  const table = statistics(what, caption, { interval: first.interval, bootstrap: first.bootstrap, inclusion: first.p != null, value });
  const text = most >= 1e-3 ? fixed(most / 10) : format;
  const range = ends => ends.map(text).join(" – ");
  table.tBodies[0].append(...lines.map(({ name, value, interval, bootstrap, p, open }) => {
    const label = open ? element("a", { href: "#sample-name", className: "name" }, name) : element("span", { className: "name" }, name);
    if (open) label.addEventListener("click", open);
    return element("tr", { className: p != null && p < 0.5 ? "out" : "" },
      element("th", { scope: "row", title: name }, label, bar(value, interval, p ?? 1, most)),
      element("td", {}, text(value)),
      ...(interval || bootstrap ? [element("td", {}, element("span", { className: "ranges" },
        ...(interval ? [element("span", {}, range(interval))] : []),
        ...(bootstrap ? [element("span", { className: interval ? "within" : "" },
          ...(interval ? [element("span", { className: "hidden" }, "bootstrap ")] : []), range(bootstrap))] : [])))] : []),
      ...(p != null ? [element("td", {}, probability(p))] : []));
  }));
  return table;
}

/** A table without rows: what, its value, and where there are these its intervals and probability. */
function statistics(what, caption, { interval, bootstrap, inclusion, value }) {
  const heading = (content, properties) => element("th", { scope: "col", ...properties }, content);
  const says = (text, words) => element("span", { title: words }, text, element("small", {}, words));
  const holds = bounds ? "if the model holds" : ""; // of other models no such thing is known
  const drawn = "if other samples had been drawn";
  return element("table", { className: "statistics" },
    element("caption", { className: "hidden" }, caption),
    element("thead", {}, element("tr", {}, heading(what), heading(value),
      ...(interval || bootstrap ? [heading(element("span", { className: "ranges" },
        ...(interval ? [says(levelText, holds)] : []), ...(bootstrap ? [says("bootstrap", drawn)] : [])))] : []),
      ...(inclusion ? [heading("p", { title: "probability of not being 0" })] : []))),
    element("tbody"));
}

