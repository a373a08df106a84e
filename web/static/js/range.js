// A range facet: a histogram of the result, and two bounds to type.

import { el, reconcile } from "./dom.js";
import { count, day, decimal, label, money } from "./format.js";

const TELLING = 0.98; // share of one bar beyond which a histogram is left out

// rangeFacet makes the body; choose(from, to) gets bounds as the API writes
// them, "" for an open end.
export function rangeFacet(field, schema, choose) {
  const name = label(field);
  const date = schema.kind(field) === "date";
  const bound = (side) => el("input", {
    type: date ? "date" : "text", inputmode: date ? null : "decimal", autocomplete: "off",
    class: `bound bound-${side}`, "aria-label": `${name}, ${side === "from" ? "at least" : "at most"}`,
  });
  const from = bound("from"), to = bound("to");
  const form = el("form", {
    class: "bounds",
    on: {
      submit: (event) => {
        event.preventDefault();
        apply();
      },
      change: () => apply(),
    },
  }, from, el("span", { class: "bounds-to", "aria-hidden": "true" }, "to"), to,
  el("button", { class: "visually-hidden", tabindex: "-1" }, `Apply ${name.toLowerCase()}`));
  let chosen = "";
  const apply = () => {
    let low = read(from.value, field, schema), high = read(to.value, field, schema);
    if (low !== "" && high !== "" && low > high) [low, high] = [high, low];
    if (`${low}..${high}` === chosen) return; // Enter also changes the field
    chosen = `${low}..${high}`;
    choose(String(low), String(high));
  };
  const body = el("div", { class: "facet-body range", role: "group", "aria-label": name },
    el("div", { class: "histogram", "aria-hidden": "true" }), form);
  body.settled = (low, high) => {
    chosen = `${low}..${high}`;
  };
  return body;
}

export function updateRange(node, facet, { from, to }, schema) {
  const body = node.querySelector(".range");
  body.settled(from, to);
  const inputs = [[body.querySelector(".bound-from"), from, facet.min], [body.querySelector(".bound-to"), to, facet.max]];
  for (const [input, chosen, edge] of inputs) {
    input.placeholder = write(edge, facet.name, schema);
    if (document.activeElement !== input) input.value = chosen === "" ? "" : write(chosen, facet.name, schema);
  }
  drawHistogram(body.querySelector(".histogram"), facet, { from, to }, schema);
}

function drawHistogram(box, facet, { from, to }, schema) {
  const low = from === "" ? -Infinity : bound(from, facet.name, schema);
  const high = to === "" ? Infinity : bound(to, facet.name, schema);
  const edge = (raw) => bound(raw, facet.name, schema);
  const most = Math.max(1, ...facet.buckets.map((bucket) => bucket.count));
  const all = facet.buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  box.hidden = most > TELLING * all; // one bar says nothing
  reconcile(box, facet.buckets, (bucket) => bucket.from, () => el("span", { class: "bar" }), (bar, bucket) => {
    bar.style.height = bucket.count ? `${Math.max(6, 100 * Math.sqrt(bucket.count / most))}%` : "2px";
    bar.classList.toggle("bar-out", edge(bucket.to) < low || edge(bucket.from) > high);
    bar.title = `${show(bucket.from, facet.name, schema)} – ${show(bucket.to, facet.name, schema)}: ${count(bucket.count)}`;
  });
}

// isRange tells a chosen range from a value that merely has two dots.
export function isRange(value) {
  const ends = value.split("..");
  const bare = (end) => end === "" || Number.isFinite(Number(end)) || /^\d{4}-\d\d-\d\d/.test(end);
  return ends.length === 2 && ends.every(bare);
}

// rangeWords writes a chosen range for a chip.
export function rangeWords(field, { from, to }, schema) {
  if (from === "") return `up to ${show(to, field, schema)}`;
  if (to === "") return `from ${show(from, field, schema)}`;
  return `${show(from, field, schema)} – ${show(to, field, schema)}`;
}

function show(raw, field, schema) {
  switch (schema.kind(field)) {
    case "money": {
      const currency = schema.currency(field);
      return money({ amount: Number(raw), currency }, schema.digits(currency));
    }
    case "date":
      return day(bound(raw, field, schema));
    default:
      return decimal(Number(raw), 3);
  }
}

// write is a bound as its input shows it: major units, or a date.
function write(raw, field, schema) {
  switch (schema.kind(field)) {
    case "money": {
      const digits = schema.digits(schema.currency(field));
      return (Number(raw) / 10 ** digits).toFixed(digits).replace(/\.0+$/, "");
    }
    case "date":
      return new Date(bound(raw, field, schema)).toISOString().slice(0, 10);
    default:
      return String(Number(raw));
  }
}

// read is write's inverse: what was typed as the API's bound, "" for nothing or
// nonsense.
function read(text, field, schema) {
  if (schema.kind(field) === "date") return text.trim();
  const number = parseFloat(text.replace(/\s/g, "").replace(",", "."));
  if (!Number.isFinite(number)) return "";
  if (schema.kind(field) !== "money") return number;
  return Math.round(number * 10 ** schema.digits(schema.currency(field)));
}

// bound is an end of a range as a number: dates in milliseconds.
function bound(raw, field, schema) {
  if (schema.kind(field) !== "date" || typeof raw === "number") return Number(raw);
  return Date.parse(raw);
}
