"use strict";

// What the pages have in common; each is a script of its own after this one.

const data = JSON.parse(document.getElementById("data").textContent);
const features = data.features;

function bytes(base64) {
  const text = atob(base64);
  const result = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) result[i] = text.charCodeAt(i);
  return result;
}

const floats = base64 => new Float32Array(bytes(base64).buffer);
const shorts = base64 => new Uint16Array(bytes(base64).buffer);

const featureName = f => features.names ? features.names[f]
  : features.shape ? "row " + (Math.floor(f / features.shape[1]) + 1) + ", column " + (f % features.shape[1] + 1)
  : features.dates ? new Date(features.positions[f] * 1000).toISOString().slice(0, 10)
    : features.positions ? String(features.positions[f]) : "feature " + (f + 1);

// ---- elements

const at = id => document.getElementById(id);

function element(name, properties, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties || {})) {
    if (key in node) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

// what the keyboard comes to is seen whole, also where the line of links is longer than a phone is wide
document.querySelector("nav").addEventListener("focusin", ({ target }) => target.scrollIntoView({ block: "nearest", inline: "nearest" }));

let colours = {};

/** A colour of the style, which is asked for it once: each question makes the browser lay out the page. */
const colour = name => colours[name] ??= getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

const numbers = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 3 });
const integers = new Intl.NumberFormat("en-GB");

function format(x) {
  if (x == null || !isFinite(x)) return "–";
  return x !== 0 && (Math.abs(x) < 1e-4 || Math.abs(x) >= 1e7) ? x.toExponential(2) : numbers.format(x);
}

const percent = x => x == null || !isFinite(x) ? "–" : (100 * x).toFixed(1) + " %";

const levelText = data.levelText + " interval";
const probability = x => x >= 0.9995 ? "100 %" : x > 0 && x < 0.005 ? "< 1 %" : (100 * x).toFixed(0) + " %";

/** Writes numbers up to a greatest one, all with as many decimals. */
function fixed(most) {
  const decimals = most > 0 ? Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(most)))) : 0;
  return x => x.toFixed(decimals);
}

// ---- tables to keep

/** As few digits as tell a number from all others of its precision; nothing where there is none. */
function digits(x, single = true) {
  if (x == null || Number.isNaN(x)) return "";
  if (!single || !Number.isFinite(x)) return String(x);
  const near = Math.fround(x);
  for (let n = 6; n < 9; n++) {
    const text = near.toPrecision(n);
    if (Math.fround(+text) === near) return String(+text);
  }
  return String(+near.toPrecision(9));
}

/** A table as CSV by RFC 4180. What a spreadsheet would take for a formula gets an apostrophe, as in the files of paenmf. */
function csv(rows) {
  const cell = value => {
    const text = typeof value === "number" ? digits(value) : String(value ?? "");
    const safe = typeof value === "string" && /^[=+\-@]/.test(text) ? "'" + text : text;
    return /[",\r\n]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
  };
  return rows.map(row => row.map(cell).join(",") + "\r\n").join("");
}

/** A button that saves a table, which is made when it is asked for, header first. */
function download(what, name, rows) {
  const button = element("button", { type: "button", className: "download" }, "Save " + what + " as CSV");
  button.addEventListener("click", () => {
    const text = csv(rows());
    const mark = /[^\x00-\x7f]/.test(text) ? "\ufeff" : ""; // without it Excel takes UTF-8 for something else
    const link = element("a", { href: URL.createObjectURL(new Blob([mark + text], { type: "text/csv" })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href));
  });
  return button;
}

// ---- charts, drawn anew when the width or the colours change

const charts = [];

function chart(host, options) {
  const drawn = { host, options, plot: null };
  charts.push(drawn);
  draw(drawn);
  new ResizeObserver(() => {
    const width = Math.floor(host.clientWidth);
    if (drawn.plot && width > 0 && width !== drawn.plot.width) {
      drawn.plot.setSize({ width, height: drawn.plot.height });
    }
  }).observe(host);
  return drawn;
}

function draw(drawn) {
  if (drawn.plot) drawn.plot.destroy();
  const { data: points, ...options } = drawn.options();
  const width = Math.max(200, Math.floor(drawn.host.clientWidth));
  const legend = { markers: { width: 0, fill: (u, s) => u.series[s].stroke(u, s) } };
  drawn.plot = new uPlot({ width, padding: [10, 16, 0, 0], legend, class: "idle", ...options }, points, drawn.host);
  drawn.plot.hooks.setLegend = [u => u.root.classList.toggle("idle", u.legend.idx == null)];
}

function axis(properties) {
  return {
    stroke: colour("muted"),
    grid: { stroke: colour("line"), width: 1 },
    ticks: { stroke: colour("line"), width: 1, size: 4 },
    font: "12px system-ui, sans-serif",
    labelFont: "12px system-ui, sans-serif",
    labelSize: 18,
    labelGap: 0,
    gap: 6,
    ...properties,
  };
}

const xAxis = properties => axis({ size: 28, ...properties });
const yAxis = properties => axis({ values: (u, ticks) => ticks.map(v => v == null ? "" : format(v)), ...properties });

const line = (label, stroke, properties) => ({
  label, stroke, width: 1.75, points: { show: false }, value: (u, v) => v == null ? "" : format(v), ...properties,
});

const onX = { cursor: { y: false, drag: { x: true, y: false } } }; // a drag zooms, a double click shows all

const dark = matchMedia("(prefers-color-scheme: dark)");

dark.addEventListener("change", () => {
  colours = {};
  charts.forEach(draw);
});

const waiting = new Map();
const near = new IntersectionObserver(seen => seen.filter(one => one.isIntersecting).forEach(({ target }) => fill(target)),
  { rootMargin: "800px" });

function fill(host) {
  near.unobserve(host);
  const drawn = waiting.get(host);
  waiting.delete(host);
  drawn();
}

/** Fills an element once it is near the window, so that many open as fast as few, or before all is printed. */
function whenNear(host, drawn) {
  waiting.set(host, drawn);
  near.observe(host);
}

addEventListener("beforeprint", () => [...waiting.keys()].forEach(fill));

/** The axis along which ordered features lie. */
const along = features.positions || Array.from({ length: features.count }, (_, f) => f + 1);
const overFeatures = features.dates
  ? { x: { time: true } }
  : { x: { time: false } };
const utc = features.dates ? { tzDate: ts => uPlot.tzDate(new Date(ts * 1000), "UTC") } : {};
const position = {
  label: features.dates ? "date" : "feature",
  value: (u, v) => v == null ? "" : features.dates ? new Date(v * 1000).toISOString().slice(0, 10) : format(v),
};

// ---- images

/** Draws values from 0 to a greatest one as grey pixels. */
function paint(canvas, pixels, offset, greatest) {
  const [height, width] = features.shape;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const colours = new Uint32Array(image.data.buffer); // opaque, and three times the grey
  for (let p = 0; p < width * height; p++) {
    const grey = greatest > 0 ? Math.max(0, Math.min(255, Math.round(255 * pixels[offset + p] / greatest))) : 0;
    colours[p] = 0xff000000 | grey * 0x010101;
  }
  context.putImageData(image, 0, 0);
}

const greatest = values => values.reduce((a, b) => Math.max(a, b), 0);

/** A value from 0 to a greatest one, with its interval across, the paler the less probably it is not 0. */
function bar(value, interval, p, most) {
  const share = x => (100 * x / (most || 1)).toFixed(1) + "%";
  const fill = element("span", { className: "bar" });
  fill.style.width = share(value);
  fill.style.opacity = (0.25 + 0.75 * p).toFixed(2);
  const track = element("span", { className: "track", "aria-hidden": "true" }, fill);
  if (interval) {
    const whisker = element("span", { className: "whisker" });
    whisker.style.left = share(interval[0]);
    whisker.style.width = share(interval[1] - interval[0]);
    track.append(whisker);
  }
  return track;
}

