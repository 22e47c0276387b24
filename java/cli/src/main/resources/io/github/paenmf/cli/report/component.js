// ---- the page of a component, which #component-N shows in place of the overview

const componentPage = at("component-page");
const overview = [...document.querySelectorAll("main > section")].filter(section => section !== componentPage);
const title = document.title;
let overviewAt = 0; // how far it was scrolled

/** The samples that hold most of a component, with what is known of how much. */
function strongestSamples(j) {
  const means = Float64Array.from({ length: count }, (_, i) => mean(i, j));
  return Array.from(means.keys()).sort((a, b) => means[b] - means[a]).slice(0, listed).map(i => ({
    sample: i, name: sampleName(i), open: () => select(i), value: means[i], p: inclusion ? included(i, j) : null,
    interval: probabilistic ? [lower(i, j), upper(i, j)] : null, bootstrap: null,
  }));
}

/** The component that the address asks for, from 0, or −1. */
function asked() {
  const [, number] = /^#component-([1-9]\d*)$/.exec(location.hash) || [];
  return number <= rank ? number - 1 : -1;
}

/** Shows what the address asks for: the page of a component or the overview. */
function route() {
  const j = asked();
  if (j >= 0) {
    if (componentPage.hidden) overviewAt = scrollY;
    overview.forEach(section => section.hidden = true);
    componentPage.hidden = false;
    choose(j);
    showComponent(j);
    componentPage.scrollIntoView();
    at("component-title").focus({ preventScroll: true });
  } else if (!componentPage.hidden) {
    componentPage.hidden = true;
    overview.forEach(section => section.hidden = false);
    const target = location.hash.length > 1 ? at(decodeURIComponent(location.hash.slice(1))) : null;
    if (target) {
      if (target.tabIndex < 0) target.tabIndex = -1; // so that the keyboard goes on from there
      target.scrollIntoView();
      target.focus({ preventScroll: true });
    } else {
      scrollTo(0, overviewAt);
    }
  }
  document.title = j >= 0 ? "Component " + (j + 1) + " of " + title : title;
  document.querySelector(".skip").hash = j >= 0 ? location.hash : "#summary";
}

const pageLine = { host: element("div", { className: "chart", role: "img" }), of: 0, drawn: null };

function showComponent(j) {
  const name = "component " + (j + 1);
  const file = "component-" + (j + 1);
  const weights = topFeatures(j);
  const strongest = strongestSamples(j);
  const word = () => element("span", { className: "word" }, "Component ");
  const turns = className => element("p", { className },
    j > 0 ? componentLink(j - 1, "← ", word(), j) : element("span"),
    element("a", { href: "#part-" + (j + 1) }, "All parts"),
    j < rank - 1 ? componentLink(j + 1, word(), j + 2, " →") : element("span"));
  const says = "In the unit of the data."
    + (weights[0].interval ? " The interval says where a weight is, if the model holds." : "")
    + (weights[0].bootstrap ? " The bootstrap's interval says where a weight would be, if other samples had been drawn." : "");
  componentPage.id = file;
  componentPage.replaceChildren(
    turns("turn"),
    element("h2", { id: "component-title", tabIndex: -1 }, "Component " + (j + 1), element("small", {}, " of " + rank)),
    element("p", {}, dead.has(j) ? "Dead: it takes no part in any reconstruction."
      : shareText(j) + " of all reconstructions" + (inclusion ? ", " + withinText(j) : "") + "."),
    ...pictures(j),
    ...reliability(j),
    element("div", { className: "halves" },
      element("div", {},
        element("h3", {}, "Greatest weights"),
        element("p", { className: "small" }, says,
          ...(weights[0].interval || weights[0].bootstrap ? [" ", element("a", { href: "#intervals" }, "How they were made")] : [])),
        listing("Feature", "Weight", "Features with the greatest weights in " + name, weights),
        download("these weights", file + "-features.csv", () => featureRows([j]))),
      element("div", {},
        element("h3", {}, "Samples that hold most of it"),
        element("p", { className: "small" }, (count < samples.total ? "Of those in this report. " : "") + "Choose one to see it, or ",
          element("a", { href: "#samples" }, "see all of them"), "."),
        ...(features.kind === "image" ? [element("div", { className: "strip" }, ...strongest.slice(0, 8).map(thumbnail))] : []),
        listing("Sample", probabilistic ? "Mean" : "Coefficient", "Samples that hold most of " + name, strongest),
        download("these samples", file + "-samples.csv", () => sampleRows([j])))),
    turns("turn bottom"));
}

/** The weights as they are drawn in the overview, larger. */
function pictures(j) {
  if (features.kind === "series") {
    pageLine.of = j;
    pageLine.host.setAttribute("aria-label", "component " + (j + 1));
    if (pageLine.drawn) draw(pageLine.drawn);
    else pageLine.drawn = chart(pageLine.host, () => lineOfPart(pageLine.of, 240));
    return [pageLine.host];
  }
  if (features.kind !== "image") return [];
  const figure = (caption, painted) => {
    const canvas = element("canvas");
    painted(canvas);
    return element("figure", {}, canvas, element("figcaption", {}, caption));
  };
  const figures = [...at("statistic").options].map(option => figure(
    basisBounds || option.value !== "value" ? statisticWords[option.value][0] : "weight",
    canvas => paintStatistic(canvas, option.value, j)));
  if (basisInclusion) figures.splice(1, 0, figure("p, the probability of not being 0", canvas => paintInclusion(canvas, j)));
  return [element("div", { className: "pictures" }, ...figures)];
}

/** What is known of how far a component can be relied on. */
function reliability(j) {
  if (!data.components) return [];
  const { titles, meanings, rows } = data.components;
  return [element("dl", { className: "reliability" }, ...titles.map((title, i) => element("div", {},
    element("dt", {}, title, element("span", { className: "within" }, meanings[i])), element("dd", {}, rows[j][i]))))];
}

function thumbnail({ sample, name, open }) {
  const canvas = element("canvas");
  const image = original(sample);
  paint(canvas, image, 0, greatest(image));
  // for the pointer alone: the list below has the same links
  const link = element("a", { href: "#sample-name", title: name, tabIndex: -1, "aria-hidden": "true" }, canvas);
  link.addEventListener("click", open);
  return link;
}

// ---- the same as tables to keep

const componentNames = Array.from({ length: rank }, (_, j) => "component" + (j + 1));
const knownOf = ({ interval, bootstrap, p }) => [
  ...(interval ? [["lower", interval[0]], ["upper", interval[1]]] : []), ...(p != null ? [["inclusion", p]] : []),
  ...(bootstrap ? [["bootstrap_lower", bootstrap[0]], ["bootstrap_upper", bootstrap[1]]] : []),
];

function rowsOf(what, value, components, lines) {
  const known = knownOf(lines(components[0])[0]).map(([name]) => name);
  return [
    ["component", "rank", what, value, ...known],
    ...components.flatMap(j => lines(j).map((line, n) =>
      [componentNames[j], n + 1, line.name, line.value, ...knownOf(line).map(([, x]) => x)])),
  ];
}

const featureRows = components => rowsOf("feature", "value", components, topFeatures);
const sampleRows = components => rowsOf("sample", probabilistic ? "mean" : "coefficient", components, strongestSamples);

addEventListener("hashchange", route);

