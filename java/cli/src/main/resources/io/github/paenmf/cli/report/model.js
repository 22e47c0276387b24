// The model of a report, and what it says of the samples.

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

