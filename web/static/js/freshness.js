// How far the index is behind the shop's databases, in one line.

import { call } from "./api.js";
import { setText } from "./dom.js";
import { duration } from "./format.js";

const EVERY = 5000; // ms between looks at the status
const UP_TO_DATE = 1000; // ms behind that still counts as up to date

export function showFreshness(node, { stale, lag_ms: lag }) {
  const behind = Math.max(0, ...Object.values(lag ?? {}).filter(Number.isFinite));
  const late = stale || behind >= UP_TO_DATE;
  node.dataset.level = late ? "late" : "fresh";
  setText(node.querySelector(".freshness-state"), late ? "Index catching up" : "Index up to date");
  setText(node.querySelector(".freshness-lag"), ` · ${duration(behind)} behind`);
}

function showBroken(node) {
  node.dataset.level = "broken";
  setText(node.querySelector(".freshness-state"), "Index not following");
  setText(node.querySelector(".freshness-lag"), " · prices and stock may be old");
}

// followFreshness keeps node current while the page is looked at. It runs as
// long as the page.
export async function followFreshness(node) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, EVERY));
    if (document.hidden) continue;
    try {
      const { body } = await call("/v1/status");
      if (body.sources.some((source) => source.state === "broken")) showBroken(node);
      else showFreshness(node, { lag_ms: Object.fromEntries(body.sources.map((s) => [s.name, s.lag_ms])) });
    } catch (problem) {
      if (problem.status === 401 || problem.status === 403) return; // each search's answer has to do
    }
  }
}
