// The rebuild of the index: progress, start and stop.

import { call } from "./api.js";
import { setText } from "./dom.js";
import { clock, count, decimal, duration } from "./format.js";

const PHASES = { snapshot: "Reading the catalogue", compacting: "Compacting the new index", "catching-up": "Catching up with what changed meanwhile", swap: "Putting the new index into service" };

export class Reindex {
  #root;
  #running = false;

  constructor(root) {
    this.#root = root;
    this.#part(".reindex-start").addEventListener("click", () => this.#ask("POST"));
    this.#part(".reindex-stop").addEventListener("click", () => this.#ask("DELETE"));
  }

  #part(selector) {
    return this.#root.querySelector(selector);
  }

  show(reindex) {
    this.#running = reindex?.state === "running";
    this.#part(".reindex-start").hidden = this.#running;
    this.#part(".reindex-stop").hidden = !this.#running;
    const bar = this.#part("progress");
    bar.hidden = !this.#running;
    bar.value = reindex?.share ?? 0;
    setText(this.#part(".reindex-state"), words(reindex));
    setText(this.#part(".reindex-figures"), this.#running ? figures(reindex) : "");
  }

  async #ask(method) {
    const say = this.#part(".reindex-say");
    setText(say, "");
    try {
      await call("/v1/admin/reindex", { method });
    } catch (problem) {
      setText(say, problem.message);
    }
  }
}

function words(reindex) {
  if (!reindex) return "None since the start.";
  const generation = `generation ${count(reindex.generation)}`;
  switch (reindex.state) {
    case "running":
      return `${PHASES[reindex.phase] ?? "Under way"} (${generation}).`;
    case "done":
      return `The last one finished at ${clock(reindex.ended_at)} and put ${generation} into service.`;
    case "stopped":
      return `The last one was stopped at ${clock(reindex.ended_at)}. The index in service was not touched.`;
    default:
      return `The last one failed${reindex.error ? `: ${reindex.error}` : "."} The index in service was not touched.`;
  }
}

function figures({ done, total, rate, left_ms: left, share }) {
  const parts = [];
  if (total > 0) parts.push(`${decimal(100 * share, 0)} %`, `${count(done)} of ${count(Math.max(total, done))} products`);
  else if (done > 0) parts.push(`${count(done)} products`);
  if (rate > 0) parts.push(`${count(Math.round(rate))} a second`);
  if (left > 0) parts.push(`${duration(left)} left`);
  return parts.join(" · ");
}
