"use strict";
(() => {
  const rank = data.rank;
  const samples = data.samples;
  const count = samples.rows.length;
  const m = features.count;

  // ---- what the file holds

  const basis = floats(data.basis); // a component after the other
  const probabilistic = "lambda" in data; // else coefficients are numbers
  const lambda = floats(probabilistic ? data.lambda : data.coefficients);
  const shape = probabilistic ? floats(data.k) : null;
  const inclusion = data.inclusion ? floats(data.inclusion) : null; // probability of not being 0, where that may be
  const bounds = data.lower ? { lower: floats(data.lower), upper: floats(data.upper) } : null; // else quantiles
  const basisInclusion = data.basisInclusion ? floats(data.basisInclusion) : null;
  const basisBounds = data.basisLower ? { lower: floats(data.basisLower), upper: floats(data.basisUpper) } : null;
  const errors = floats(samples.errors);
  const values = samples.bytes ? bytes(samples.bytes) : floats(samples.floats);
  const valueScale = samples.bytes ? samples.scale / 255 : 1;

  const sampleName = i => samples.names ? samples.names[i] : "sample " + (samples.rows[i] + 1);
  const original = i => Float32Array.from(values.subarray(i * samples.each, (i + 1) * samples.each), v => v * valueScale);
  const originalFeatures = samples.features ? shorts(samples.features) : null; // those of a sample's values, else all

  // ---- the distributions

  /** Lanczos' approximation for x ≥ 1. */
  function gamma(x) {
    const c = [676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
      12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7];
    let sum = 0.99999999999980993;
    for (let i = 0; i < 8; i++) sum += c[i] / (x + i);
    const t = x + 6.5;
    return Math.sqrt(2 * Math.PI) * Math.pow(t, x - 0.5) * Math.exp(-t) * sum;
  }

  const included = (i, j) => inclusion ? inclusion[i * rank + j] : 1;

  /** 0 up to the probability of a 0, then that of the Weibull distribution. */
  function quantile(i, j, p) {
    const at = i * rank + j;
    if (!probabilistic) return lambda[at];
    const zero = 1 - included(i, j);
    if (inclusion && p <= zero) return 0;
    return lambda[at] * Math.pow(-Math.log1p(-(p - zero) / (1 - zero)), 1 / shape[at]);
  }

  const mean = (i, j) =>
    included(i, j) * lambda[i * rank + j] * (probabilistic ? gamma(1 + 1 / shape[i * rank + j]) : 1);
  const lower = (i, j) => bounds ? bounds.lower[i * rank + j] : quantile(i, j, (1 - data.level) / 2);
  const upper = (i, j) => bounds ? bounds.upper[i * rank + j] : quantile(i, j, (1 + data.level) / 2);

  /** Uniform numbers, the same for the same seed (mulberry32). */
  function uniform(seed) {
    let a = Math.imul(seed, 0x9e3779b1) | 0;
    return () => {
      a = (a + 0x6d2b79f5) | 0;
      let t = Math.imul(a ^ (a >>> 15), 1 | a);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
    };
  }

  /** What the decoder makes of the medians (draw 0) or of a sample from the distributions. */
  function reconstruction(i, draw) {
    const random = uniform(1000 * samples.rows[i] + draw);
    const result = new Float32Array(m);
    for (let j = 0; j < rank; j++) {
      const h = quantile(i, j, draw === 0 ? 0.5 : random());
      for (let f = 0; f < m; f++) result[f] += h * basis[j * m + f];
    }
    return result;
  }

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

  // ---- parts

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
  const within = j => inclusion
    ? [element("span", { className: "within" },
      "in " + whole(data.samplesWith[j]) + " of samples, " + whole(data.featuresWith[j]) + " of features")]
    : [];

  function tile(j, name, ...content) {
    const button = element("button", {
      type: "button", className: "tile", "aria-pressed": "false", title: "Show the samples' coefficients of component " + (j + 1),
    }, ...content, element("span", { className: "caption" }, name, " ", element("span", { className: "share" }, shareText(j)), ...within(j)));
    button.dataset.component = j;
    button.addEventListener("click", () => choose(j));
    return button;
  }

  /** How many of the parts stand beside each other, so that few places of the last line are free. */
  function perLine(least, most) {
    let best = Math.min(rank, most);
    for (let n = most; n >= least && rank > most; n--) {
      if ((n - rank % n) % n < (best - rank % best) % best) best = n;
    }
    return best;
  }

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
      element("tbody", {}, ...rows.map((row, j) => element("tr", {}, element("th", { scope: "row" }, String(j + 1)),
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
        const probability = element("canvas", { className: "probability", role: "img", "aria-label": "p of component " + (j + 1) });
        paint(probability, basisInclusion, j * m, 1);
        pictures.append(probability);
      }
      at("basis").append(tile(j, String(j + 1), pictures));
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
      const panel = element("div", {}, tile(j, "Component " + (j + 1)));
      at("basis").append(panel);
      if (features.kind === "series") {
        const host = element("div", { className: "chart", role: "img", "aria-label": "component " + (j + 1) });
        panel.append(host);
        const of = array => array.subarray(j * m, (j + 1) * m);
        const p = basisInclusion ? of(basisInclusion) : null;
        const edge = label => line(label, colour("accent"), { width: 0.5, alpha: 0.6 });
        chart(host, () => ({
          height: 140,
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
        }));
        if (top) panel.append(...topFeatures(j));
      } else {
        panel.append(...topFeatures(j));
      }
    }
  }
  if (basisBounds && features.kind === "series") note.push("The band goes from the lower to the upper bound of each weight.");
  if (basisInclusion && features.kind === "series") note.push("The broken line, with its axis on the right, is p, the probability that the weight is not 0.");
  if (top && top.lower) note.push("A bar is a weight, and the line across it its interval.");
  if (top && top.inclusion) note.push("The last column" + (features.kind === "series" ? " of a list" : "") + " is p, the probability that the weight is not 0; what is paler is more probably not in the part.");
  if (inclusion) note.push("A part is in a sample, and a feature in a part, if that is at least as probable as not (p ≥ ½).");
  note.push("The percentage " + (inclusion ? "beside its number " : "") + "is its share of all reconstructions. Choose a part to see the samples' coefficients of it.");
  if (features.note) note.push(features.note);
  at("parts-note").textContent = note.join(" ");
  at("intervals").textContent = data.intervals;
  at("intervals").hidden = !data.intervals;

  /** Shows one statistic of all weights as images: the three in their unit on a scale of the component's own. */
  function showStatistic(name) {
    const canvases = at("basis").querySelectorAll("canvas.weights");
    canvases.forEach((canvas, j) => {
      const of = array => array.subarray(j * m, (j + 1) * m);
      const white = name === "width" || name === "bootstrapWidth" ? 1 : greatest(of(basisBounds ? basisBounds.upper : basis));
      const pixels = name === "value" ? of(basis)
        : name === "width" ? relativeWidths(of(basisBounds.lower), of(basisBounds.upper))
        : name === "bootstrapWidth" ? relativeWidths(of(bootstrapBounds.lower), of(bootstrapBounds.upper)) : of(basisBounds[name]);
      paint(canvas, pixels, 0, white);
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", "component " + (j + 1) + (name === "value" ? "" : ", " + statisticWords[name][0]));
    });
    at("statistic-note").hidden = !basisBounds && !bootstrapBounds;
    at("statistic-note").textContent = "Shown: " + statisticWords[name].join(", ") + ".";
  }

  /** Half the width of each interval by its middle: 0 where it is certain, 1 where it reaches down to 0. */
  function relativeWidths(from, to) {
    return from.map((low, f) => to[f] > 0 ? (to[f] - low) / (to[f] + low) : 0);
  }

  /** The features with the greatest weights, ten at first, as a table. */
  function topFeatures(j) {
    const count = top.count;
    const at = (array, i) => array[j * count + i];
    const rows = Array.from({ length: count }, (_, i) => i);
    const most = Math.max(at(top.value, 0), ...(top.upper ? rows.map(i => at(top.upper, i)) : []));
    const row = i => {
      const name = at(top.names, i);
      const p = top.inclusion ? at(top.inclusion, i) : 1;
      const interval = top.lower ? [at(top.lower, i), at(top.upper, i)] : null;
      return element("tr", { className: p < 0.5 ? "out" : "" },
        element("th", { scope: "row", title: name }, element("span", { className: "name" }, name), bar(at(top.value, i), interval, p, most)),
        element("td", {}, format(at(top.value, i))),
        ...(interval || top.bootstrapLower ? [element("td", {},
          ...(interval ? [interval.map(format).join(" – ")] : []),
          ...(top.bootstrapLower ? [element("span", { className: interval ? "within" : "" },
            (interval ? "bootstrap " : "") + [at(top.bootstrapLower, i), at(top.bootstrapUpper, i)].map(format).join(" – "))] : []))] : []),
        ...(top.inclusion ? [element("td", {}, probability(p))] : []));
    };
    const table = statistics("Feature", "Features with the greatest weights in component " + (j + 1), {
      interval: top.lower, bootstrap: top.bootstrapLower, inclusion: top.inclusion, value: "Weight",
    });
    const body = table.tBodies[0];
    body.append(...rows.slice(0, 10).map(row));
    if (count <= 10) return [table];
    const more = element("button", { type: "button", className: "more", "aria-expanded": "false" }, "Show " + count);
    more.addEventListener("click", () => {
      const expand = body.rows.length === 10;
      body.replaceChildren(...rows.slice(0, expand ? count : 10).map(row));
      more.textContent = expand ? "Show 10" : "Show " + count;
      more.setAttribute("aria-expanded", String(expand));
    });
    return [table, more];
  }

  /** A table without rows: what, its value, and where there are these its interval and probability. */
  function statistics(what, caption, { interval, bootstrap, inclusion, value }) {
    const heading = (text, title) => element("th", title ? { scope: "col", title } : { scope: "col" }, text);
    return element("table", { className: "statistics" },
      element("caption", { className: "hidden" }, caption),
      element("thead", {}, element("tr", {}, heading(what), heading(value),
        ...(interval ? [heading(levelText, "if the model holds" + (bootstrap ? "; of the bootstrap, if other samples had been drawn" : ""))] : []),
        ...(bootstrap && !interval ? [heading("bootstrap", data.levelText + " interval, if other samples had been drawn")] : []),
        ...(inclusion ? [heading("p", "probability of not being 0")] : []))),
      element("tbody"));
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
    for (const button of at("basis").querySelectorAll(".tile")) {
      button.setAttribute("aria-pressed", String(+button.dataset.component === j));
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
      element("th", { scope: "row" }, String(number)),
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
    residualTable("Feature", data.residuals.features, one => element("span", { className: "name", title: one.name }, one.name)));

  // ---- tables to keep

  const componentNames = Array.from({ length: rank }, (_, j) => "component" + (j + 1));
  if (features.count === features.total || features.kind === "words") {
    at("parts-downloads").append(download("the weights", "parts.csv", () => [
      ["feature", ...componentNames],
      ...Array.from({ length: m }, (_, f) => [featureName(f), ...componentNames.map((_, j) => basis[j * m + f])]),
    ]));
  }
  if (top) {
    const known = Object.entries({ lower: top.lower, upper: top.upper, inclusion: top.inclusion, bootstrap_lower: top.bootstrapLower, bootstrap_upper: top.bootstrapUpper })
      .filter(([, values]) => values);
    at("parts-downloads").append(download("the greatest weights", "top-features.csv", () => [
      ["component", "rank", "feature", "value", ...known.map(([name]) => name)],
      ...top.names.map((name, i) => [componentNames[Math.floor(i / top.count)], i % top.count + 1, name, top.value[i], ...known.map(([, values]) => values[i])]),
    ]));
  }
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
  document.documentElement.dataset.ready = Math.round(performance.now());
})();
