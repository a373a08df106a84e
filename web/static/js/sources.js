// The sources' states in words.

import { el, reconcile, setText } from "./dom.js";
import { bytes, count, decimal, duration, label } from "./format.js";

const STATES = {
  snapshot: { level: "busy", words: "Reading everything once" },
  "catching-up": { level: "busy", words: "Catching up" },
  streaming: { level: "good", words: "Streaming, up to date" },
  broken: { level: "bad", words: "Broken" },
};

const NAMES = { catalog: "Catalogue", orders: "Orders and stock" };

function stateOf(source) {
  return STATES[source.state] ?? { level: "busy", words: label(source.state) };
}

// showOverall sums up in one sentence. Without a status, problem says why.
export function showOverall(node, status, problem) {
  const { level, words } = status ? overall(status) : { level: "bad", words: `No answer from Aisle: ${problem.message}` };
  node.dataset.level = level;
  setText(node.querySelector(".overall-words"), words);
}

function overall({ ready, sources }) {
  const broken = sources.filter((s) => s.state === "broken");
  if (broken.length) {
    return { level: "bad", words: `${broken.map((s) => NAMES[s.name] ?? s.name).join(" and ")} cannot be followed. What was indexed is still served.` };
  }
  if (!ready) return { level: "busy", words: "The first index is being built. Searches have to wait." };
  const behind = sources.filter((s) => s.state !== "streaming");
  if (behind.length) return { level: "busy", words: `Searches are served; ${behind.map((s) => (NAMES[s.name] ?? s.name).toLowerCase()).join(" and ")} still catching up.` };
  return { level: "good", words: "Everything is followed and up to date." };
}

const FIGURES = [
  ["Lag", (s) => duration(s.lag_ms)],
  ["Changes a second", (s, now) => (now?.rate[s.name] === null || now?.rate[s.name] === undefined ? "–" : decimal(now.rate[s.name], 1))],
  ["Waiting", (s) => count(s.pending_events)],
  ["Applied since start", (s) => count(s.applied_events)],
  ["Dead letters", (s) => count(s.dead_letters)],
  ["WAL not yet applied", (s) => (s.name === "orders" ? bytes(s.behind_bytes) : null)],
  ["WAL held back", (s) => (s.name === "orders" ? bytes(s.retained_wal_bytes) : null)],
  ["Position", (s) => s.position || "–"],
];

// showSources draws a card for each source; now is the newest point of the charts.
export function showSources(root, sources, now) {
  reconcile(root, sources, (s) => s.name, (s) => el("li", { class: "panel source" },
    el("div", { class: "source-head" }, el("h3", {}, NAMES[s.name] ?? label(s.name)), el("span", { class: "pill" })),
    el("p", { class: "reason", hidden: true }),
    el("dl", { class: "figures" }, FIGURES.filter(([, figure]) => figure(s, now) !== null).map(([name]) =>
      el("div", { "data-figure": name }, el("dt", {}, name), el("dd", {}))))), (node, s) => {
    const { level, words } = stateOf(s);
    const pill = node.querySelector(".pill");
    pill.dataset.level = level;
    setText(pill, words);
    const reason = node.querySelector(".reason");
    setText(reason, s.reason ?? "");
    reason.hidden = !s.reason;
    for (const [name, figure] of FIGURES) {
      const row = node.querySelector(`[data-figure="${name}"] dd`);
      if (row) setText(row, figure(s, now));
    }
  });
}
