// ---- summary

at("lead").textContent = [
  integers.format(samples.total) + " samples × " + integers.format(features.total) + " features",
  integers.format(data.epochs) + " epochs",
].join(" · ");

if (data.warnings.length > 0) {
  at("warnings").hidden = false;
  at("warnings").querySelector("ul").append(...data.warnings.map(text => element("li", {}, text)));
}

for (const figure of data.figures) {
  const value = figure.percent ? percent(figure.value) : format(figure.value);
  at("figures").append(element("div", {},
    element("div", { className: "label" }, figure.label),
    element("div", { className: "value" }, value, element("span", {}, figure.unit ? " " + figure.unit : "")),
    element("p", {}, figure.meaning)));
}

for (const [label, value] of data.configuration) {
  at("configuration").append(element("div", {}, element("dt", {}, label), element("dd", {}, value)));
}

// ---- training

at("training-note").textContent = data.history.note;
if (data.history.epochs.length > 0) {
  const parts = data.history;
  chart(at("loss"), () => {
    const logarithmic = parts.positive && at("logarithmic").checked;
    const shown = logarithmic ? v => v.map(x => x > 0 ? x : null) : v => v;
    const series = [{ label: "epoch", value: (u, v) => v == null ? "" : format(v) }];
    const points = [parts.epochs];
    if (parts.objective) {
      series.push(line("objective", colour("ink")));
      points.push(shown(parts.objective));
    }
    series.push(line("reconstruction error", colour("accent")));
    points.push(shown(parts.reconstruction));
    if (parts.kl) {
      series.push(line("KL divergence", colour("second")));
      points.push(shown(parts.kl));
    }
    return {
      height: 340,
      ...onX,
      scales: {
        x: { time: false },
        y: logarithmic ? { distr: 3, range: (u, least, most) => uPlot.rangeLog(least, most, 10, false) } : {},
      },
      axes: [
        xAxis({ label: "epoch" }),
        yAxis({ label: parts.unit, size: 62, grid: { stroke: colour("line"), width: 1, ...decades(logarithmic) } }),
      ],
      series,
      data: points,
    };
  });
  at("logarithmic").addEventListener("change", () => draw(charts[0]));
} else {
  at("loss").hidden = true;
}
document.querySelector(".switch").hidden = data.history.epochs.length === 0 || !data.history.positive;

/** No lines between the powers of ten, where there are some of these. */
function decades(logarithmic) {
  const isPower = v => Number.isInteger(Math.log10(v));
  const filter = (u, ticks) => ticks.filter(isPower).length < 2 ? ticks : ticks.map(v => isPower(v) ? v : null);
  return logarithmic ? { filter } : {};
}

// ---- the table of samples

const pageSize = 12;
let page = 0;
let sortBy = "row";
let descending = false;
let order = [];
let selected = 0;

document.body.classList.toggle("plain", !probabilistic);
document.body.classList.toggle("probable", inclusion !== null);
document.querySelector("[data-sort=width]").textContent = levelText;
if (!probabilistic) {
  document.querySelector("[data-sort=mean]").textContent = "Coefficient";
}
const coefficientsWords = probabilistic ? "Means and " + data.levelText + " intervals of all components." : "Of all components.";
at("coefficients-note").textContent = coefficientsWords
  + (inclusion ? " A hollow circle: more probably 0 than not (p < ½); what is paler is less probably in the sample." : "");
at("coefficients").setAttribute("aria-label", "The coefficients of this sample. " + coefficientsWords + " The table below has them as numbers.");
at("samples-note").textContent = samples.note;
at("component").append(...Array.from({ length: rank }, (_, j) => element("option", { value: j }, String(j + 1))));
at("component").addEventListener("change", event => choose(+event.target.value));
at("search").addEventListener("input", arrange);
at("previous").addEventListener("click", () => turn(-1));
at("next").addEventListener("click", () => turn(1));
for (const button of document.querySelectorAll("[data-sort]")) {
  button.addEventListener("click", () => {
    descending = sortBy === button.dataset.sort ? !descending : button.dataset.sort !== "name";
    sortBy = button.dataset.sort;
    arrange();
  });
}

function choose(j) {
  component = j;
  at("component").value = j;
  for (const link of at("basis").querySelectorAll(".tile")) {
    if (+link.dataset.component === j) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  arrange();
}

const collator = new Intl.Collator(undefined, { numeric: true });

/** Finds, sorts and shows from the first page on. */
function arrange() {
  const wanted = at("search").value.trim().toLowerCase();
  order = [];
  for (let i = 0; i < count; i++) {
    if (sampleName(i).toLowerCase().includes(wanted)) order.push(i);
  }
  const key = {
    mean: i => mean(i, component),
    width: i => upper(i, component) - lower(i, component),
    inclusion: i => included(i, component),
    error: i => isNaN(errors[i]) ? Number.MAX_VALUE : errors[i], // of a sample of zeros there is none
  }[sortBy];
  if (key) {
    const keys = new Map(order.map(i => [i, key(i)]));
    order.sort((a, b) => keys.get(a) - keys.get(b));
  } else if (sortBy === "name") {
    order.sort((a, b) => collator.compare(sampleName(a), sampleName(b)));
  }
  if (descending) order.reverse();
  for (const button of document.querySelectorAll("[data-sort]")) {
    const heading = button.parentElement;
    if (button.dataset.sort === sortBy) heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    else heading.removeAttribute("aria-sort");
  }
  at("found").textContent = wanted
    ? integers.format(order.length) + " of " + integers.format(count) + " samples match"
    : integers.format(count) + (count === 1 ? " sample" : " samples");
  page = 0;
  showPage();
}

dark.addEventListener("change", showPage);

function turn(by) {
  page += by;
  showPage();
}

function showPage() {
  const pages = Math.max(1, Math.ceil(order.length / pageSize));
  let right = 0;
  for (let i = 0; i < count; i++) right = Math.max(right, upper(i, component), mean(i, component));
  const text = fixed(right);
  const rows = order.slice(page * pageSize, (page + 1) * pageSize).map(i => {
    const name = element("button", { type: "button" }, sampleName(i));
    name.addEventListener("click", () => select(i));
    const graphic = element("canvas", { role: "img", "aria-hidden": "true" });
    interval(graphic, lower(i, component) / right, mean(i, component) / right, upper(i, component) / right, included(i, component));
    const row = element("tr", {},
      element("td", {}, name),
      element("td", { className: "number" }, text(mean(i, component))),
      element("td", { className: "number interval" }, text(lower(i, component)) + " – " + text(upper(i, component))),
      element("td", { className: "number probability" }, probability(included(i, component))),
      element("td", { className: "graphic" }, graphic),
      element("td", { className: "number error" }, percent(errors[i])));
    row.dataset.sample = i;
    if (i === selected) row.setAttribute("aria-current", "true");
    return row;
  });
  at("latents").tBodies[0].replaceChildren(...rows);
  at("page").textContent = "Page " + (page + 1) + " of " + integers.format(pages);
  at("previous").disabled = page === 0;
  at("next").disabled = page >= pages - 1;
}

/** A mean within its interval, on an axis that all rows share. */
function interval(canvas, from, middle, to, p) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [120, 18];
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  const x = share => 3 + share * (width - 6);
  context.strokeStyle = colour("line");
  context.beginPath();
  context.moveTo(3, height / 2);
  context.lineTo(width - 3, height / 2);
  context.stroke();
  context.strokeStyle = context.fillStyle = colour("accent");
  context.lineWidth = 4;
  context.globalAlpha = 0.15 + 0.3 * p;
  context.beginPath();
  context.moveTo(x(from), height / 2);
  context.lineTo(Math.max(x(to), x(from) + 1), height / 2);
  context.stroke();
  dot(context, x(middle), height / 2, 3, p, colour("paper"));
}

/** A mean: hollow where it is more probably 0 than not. */
function dot(context, x, y, radius, p, behind) {
  context.globalAlpha = 1;
  context.strokeStyle = colour("accent");
  context.fillStyle = p < 0.5 ? behind : colour("accent");
  context.lineWidth = radius / 2;
  context.beginPath();
  context.arc(x, y, p < 0.5 ? 0.8 * radius : radius, 0, 2 * Math.PI);
  context.fill();
  if (p < 0.5) context.stroke();
}

// ---- one sample

const drawSlider = at("draw");
let picture = null;

function select(i) {
  selected = i;
  for (const row of at("latents").tBodies[0].rows) {
    if (+row.dataset.sample === i) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
  at("sample-name").textContent = sampleName(i);
  at("sample-error").textContent = "Relative error " + percent(errors[i]);
  drawSlider.value = 0;
  showReconstruction();
  draw(coefficients);
  listCoefficients();
}

function showReconstruction() {
  const number = +drawSlider.value;
  const name = number === 0 ? "the medians" : "sample " + number + " of " + drawSlider.max;
  at("draw-name").textContent = name;
  drawSlider.setAttribute("aria-valuetext", name);
  picture();
}

drawSlider.addEventListener("input", showReconstruction);

const shown = () => [original(selected), reconstruction(selected, +drawSlider.value)];

if (features.kind === "image") {
  const canvases = ["Original", "Reconstruction"].map(label => {
    const canvas = element("canvas", { role: "img", "aria-label": label });
    return { canvas, figure: element("figure", {}, canvas, element("figcaption", {}, label)) };
  });
  at("reconstruction").append(element("div", { className: "pictures" }, ...canvases.map(c => c.figure)));
  picture = () => {
    const images = shown();
    const white = greatest(images[0]);
    images.forEach((image, c) => paint(canvases[c].canvas, image, 0, white));
  };
} else {
  const host = element("div", { className: "chart", role: "img", "aria-label": "The sample and its reconstruction" });
  at("reconstruction").append(host);
  const options = features.kind === "series" ? lines : bars;
  let drawn = null;
  picture = () => drawn ? draw(drawn) : (drawn = chart(host, options));
}

function lines() {
  return {
    height: 260,
    ...onX,
    ...utc,
    scales: overFeatures,
    axes: [xAxis({}), yAxis({ size: 58 })],
    series: [position, line("original", colour("ink"), { width: 1.25 }), line("reconstruction", colour("second"), { width: 1.25 })],
    data: [along, ...shown()],
  };
}

/** The features with the greatest values of a sample. */
function bars() {
  const [from, decoded] = shown();
  const top = originalFeatures.subarray(selected * samples.each, (selected + 1) * samples.each);
  const to = Array.from(top, f => decoded[f]);
  const short = name => name.length > 13 ? name.slice(0, 12) + "…" : name;
  return {
    height: 320,
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { x: { time: false, range: [-0.6, top.length - 0.4] }, y: { range: (u, least, most) => [0, 1.05 * most || 1] } },
    axes: [
      axis({
        splits: () => Array.from(top.keys()), values: (u, ticks) => ticks.map(t => short(featureName(top[t]))),
        rotate: -90, size: 110, grid: { show: false }, ticks: { show: false }, space: 1, font: "11px system-ui, sans-serif",
      }),
      yAxis({ size: 58 }),
    ],
    series: [
      { label: "feature", value: (u, v) => v == null ? "" : short(featureName(top[v])) },
      line("original", colour("bar"), { fill: colour("bar"), width: 0, paths: uPlot.paths.bars({ size: [0.7, 40] }) }),
      line("reconstruction", colour("second"), { paths: () => null, points: { show: true, size: 8, fill: colour("second") } }),
    ],
    data: [Array.from(top.keys()), from, to],
  };
}

const components = Array.from({ length: rank }, (_, j) => j + 1);

const coefficients = chart(at("coefficients"), () => {
  const of = value => components.map(j => value(selected, j - 1));
  const [means, from, to, p] = [mean, lower, upper, included].map(of);
  const most = Math.max(greatest(to), greatest(means));
  const text = fixed(most);
  const whiskers = u => {
    const context = u.ctx;
    context.save();
    const radius = (rank > 40 ? 2 : 3.5) * (window.devicePixelRatio || 1);
    for (let j = 0; j < rank; j++) {
      const x = u.valToPos(j + 1, "x", true);
      context.strokeStyle = colour("accent");
      context.globalAlpha = 0.15 + 0.3 * p[j];
      context.lineWidth = Math.max(2, Math.min(8, 0.4 * u.bbox.width / rank));
      context.beginPath();
      context.moveTo(x, u.valToPos(from[j], "y", true));
      context.lineTo(x, u.valToPos(to[j], "y", true));
      context.stroke();
      dot(context, x, u.valToPos(means[j], "y", true), radius, p[j], colour("raised"));
    }
    context.restore();
  };
  return {
    height: 210,
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { x: { time: false, range: [0.3, rank + 0.7] }, y: { range: [0, 1.05 * most || 1] } },
    axes: [
      xAxis({ label: "component", grid: { show: false }, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], space: 28 }),
      yAxis({ size: 50 }),
    ],
    hooks: { drawAxes: [whiskers] },
    series: [
      { label: "component", value: (u, v) => v == null ? "" : String(v) },
      line(probabilistic ? "mean, " + levelText : "coefficient", colour("accent"), {
        paths: () => null,
        value: (u, v, s, i) => i == null ? ""
          : text(v) + (probabilistic ? ", " + text(from[i]) + " – " + text(to[i]) : "")
            + (inclusion ? ", p " + probability(p[i]) : ""),
      }),
    ],
    data: [components, means],
  };
});

/** The same as numbers. */
function listCoefficients() {
  const most = greatest(components.map(j => upper(selected, j - 1)));
  const text = fixed(most);
  const table = statistics("Component", "Coefficients of " + sampleName(selected), {
    interval: probabilistic, inclusion, value: probabilistic ? "Mean" : "Coefficient",
  });
  table.id = "coefficients-table";
  table.tBodies[0].append(...components.map((number, j) => element("tr", { className: included(selected, j) < 0.5 ? "out" : "" },
    element("th", { scope: "row" }, componentLink(j, String(number))),
    element("td", {}, text(mean(selected, j))),
    ...(probabilistic ? [element("td", {}, text(lower(selected, j)) + " – " + text(upper(selected, j)))] : []),
    ...(inclusion ? [element("td", {}, probability(included(selected, j)))] : []))));
  at("coefficients-table").replaceWith(table);
}

// ---- residuals

const residualWords = data.residuals.deviance
  ? { value: "Deviance", text: format, meaning: "Deviance is the mean Poisson deviance of an entry, about 1 where counts scatter by chance alone and are large." }
  : { value: "Unexplained", text: percent, meaning: "Unexplained is the share of a sample's or feature's own sum of squares that the reconstruction leaves." };
at("residuals-note").textContent = "The samples and features of which the model explains least, of all the data. " + residualWords.meaning
  + " Of all residuals is how much of all that is left unexplained is theirs: what is small itself may be explained badly without harm."
  + " Choose a sample to see it, where this report holds it.";

/** The worst, first by themselves, and by how much of all residuals is theirs on request. */
function residualTable(what, worst, name) {
  const body = element("tbody");
  const sorts = { value: residualWords.value, share: "Of all residuals" };
  const headings = Object.entries(sorts).map(([key, text]) => {
    const button = element("button", { type: "button" }, text);
    button.addEventListener("click", () => show(key));
    return { key, cell: element("th", { scope: "col" }, button) };
  });
  function show(by) {
    for (const { key, cell } of headings) {
      if (key === by) cell.setAttribute("aria-sort", "descending");
      else cell.removeAttribute("aria-sort");
    }
    const sorted = [...worst].sort((a, b) => (b[by] ?? Infinity) - (a[by] ?? Infinity)).slice(0, 15);
    body.replaceChildren(...sorted.map(one => element("tr", {},
      element("th", { scope: "row" }, name(one)),
      element("td", {}, one.value == null ? "∞" : residualWords.text(one.value)),
      element("td", {}, percent(one.share)))));
  }
  show("value");
  return element("div", {},
    element("h3", {}, what + "s"),
    element("table", { className: "statistics" },
      element("caption", { className: "hidden" }, what + "s that are explained least"),
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, what), ...headings.map(heading => heading.cell))),
      body),
    download("these " + what.toLowerCase() + "s", "residuals-" + what.toLowerCase() + "s.csv", () => [
      [what.toLowerCase(), data.residuals.deviance ? "deviance" : "unexplained", "share_of_all_residuals"],
      ...worst.map(one => [one.name, one.value == null ? "inf" : digits(one.value, false), digits(one.share, false)]),
    ]));
}

document.querySelector(".residuals").append(
  residualTable("Sample", data.residuals.samples, one => {
    const i = samples.rows.indexOf(one.index);
    if (i < 0) return element("span", { className: "name", title: one.name }, one.name);
    const link = element("a", { href: "#sample-name", className: "name", title: one.name }, one.name);
    link.addEventListener("click", () => select(i));
    return link;
  }),
  residualTable("Feature", data.residuals.features, one => {
    const name = features.shape && features.count === features.total ? featureName(one.index) : one.name;
    return element("span", { className: "name", title: name }, name);
  }));

// ---- tables to keep

const all = Array.from({ length: rank }, (_, j) => j);
if (features.count === features.total || features.kind === "words") {
  at("parts-downloads").append(download("the weights", "parts.csv", () => [
    ["feature", ...componentNames],
    ...Array.from({ length: m }, (_, f) => [featureName(f), ...componentNames.map((_, j) => basis[j * m + f])]),
  ]));
}
at("parts-downloads").append(
  download("the greatest weights", "top-features.csv", () => featureRows(all)),
  download("the strongest samples", "top-samples.csv", () => sampleRows(all)));
if (data.components) {
  at("parts-downloads").append(download("what is known of the components", "components.csv", () => [
    ["component", ...data.components.titles.map(title => title.replaceAll(" ", "_"))],
    ...componentNames.map((name, j) => [name, ...data.components.values.map(values => digits(values[j], false))]),
  ]));
}
at("samples-downloads").append(download("the coefficients", "coefficients.csv", () => [
  ["sample", "component", probabilistic ? "mean" : "coefficient", ...probabilistic ? ["lower", "upper"] : [], ...inclusion ? ["inclusion"] : []],
  ...Array.from({ length: count * rank }, (_, at) => [Math.floor(at / rank), at % rank]).map(([i, j]) => [
    sampleName(i), componentNames[j], mean(i, j), ...probabilistic ? [lower(i, j), upper(i, j)] : [], ...inclusion ? [included(i, j)] : [],
  ]),
]));

// ---- about

at("about-text").append(...data.about.map(text => element("p", {}, text)));

choose(shares.indexOf(greatest(shares)));
select(0);
route();
document.documentElement.dataset.ready = Math.round(performance.now());