// The operations page: follows /v1/status and shows it in words, numbers and
// charts.

import { call } from "./api.js";
import { Chart, SPAN } from "./chart.js";
import { DeadLetters } from "./deadletters.js";
import { setText } from "./dom.js";
import { bytes, clock, count, decimal, duration } from "./format.js";
import { askForKey } from "./key.js";
import { Reindex } from "./reindex.js";
import { showOverall, showSources } from "./sources.js";

const EVERY = 1000; // ms

const $ = (selector) => document.querySelector(selector);
const SOURCES = [{ key: "catalog", name: "Catalogue", tone: 0 }, { key: "orders", name: "Orders", tone: 1 }];

const CHARTS = [
  { title: "Lag", hint: "From commit in the database to findable", series: SOURCES, format: duration, steps: "time", field: "lag_ms" },
  { title: "Throughput", hint: "Changes applied a second", series: SOURCES, format: (v) => `${decimal(v, v < 10 ? 1 : 0)}/s`, field: "rate" },
  { title: "Waiting", hint: "Changes received and not yet applied", series: SOURCES, format: (v) => count(Math.round(v)), field: "pending_events" },
  { title: "WAL held back", hint: "What Postgres keeps for the orders' slot", series: [SOURCES[1]], format: bytes, steps: "binary", field: "retained_wal_bytes" },
  { title: "Dead letters", hint: "Changes that could not be applied", series: SOURCES, format: (v) => count(Math.round(v)), field: "dead_letters" },
  { title: "Reindex", hint: "Share of the new generation that is built", series: [{ key: "share", name: "Built", tone: 0 }], most: 100, format: (v) => `${decimal(v, 0)} %`, field: "share" },
];

class Operations {
  #samples = []; // as /v1/status gave them, oldest first, SPAN long
  #charts = CHARTS.map((options) => ({ ...options, chart: new Chart($("#charts"), options) }));
  #reindex = new Reindex($("#reindex"));
  #dead = new DeadLetters($("#dead-letters"));

  async run() {
    await this.#recall();
    for (;;) {
      await this.#look();
      await new Promise((resolve) => setTimeout(resolve, EVERY));
      while (document.hidden) await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
    }
  }

  // recall loads what was measured before the page was opened.
  async #recall() {
    try {
      const { body } = await call("/v1/status/history");
      this.#samples = body.samples;
    } catch {
      this.#samples = []; // the charts begin now; look says what is wrong
    }
  }

  async #look() {
    let status;
    try {
      status = (await call("/v1/status")).body;
    } catch (problem) {
      if (problem.status === 401 || problem.status === 403) await askForKey(problem, "admin");
      else showOverall($("#overall"), null, problem);
      return;
    }
    this.#samples = [...this.#samples, status].filter((s) => Date.parse(s.at) > Date.parse(status.at) - SPAN);
    this.#show(status);
  }

  #show(status) {
    showOverall($("#overall"), status);
    setText($("#documents"), count(status.documents));
    setText($("#generation"), count(status.generation));
    setText($("#partitions"), count(status.partitions));
    const dead = status.sources.reduce((sum, s) => sum + s.dead_letters, 0);
    setText($("#dead-count"), count(dead));
    $("#dead-tile").dataset.level = dead ? "warn" : "good";
    const points = series(this.#samples);
    showSources($("#sources"), status.sources, points.at(-1));
    for (const { chart, field } of this.#charts) {
      chart.update(points.map((p) => ({ t: p.t, values: p[field] })));
    }
    this.#reindex.show(status.reindex);
    this.#dead.show(dead);
    setText($("#updated"), clock(status.at));
  }
}

// series turns samples into what the charts draw: fields by source. The rate is
// the difference of a counter, smoothed over a few samples; a restart, which
// sets the counter back, leaves a gap.
function series(samples) {
  const WINDOW = 3;
  return samples.map((sample, i) => {
    const before = samples[Math.max(0, i - WINDOW)];
    const seconds = (Date.parse(sample.at) - Date.parse(before.at)) / 1000;
    const point = { t: Date.parse(sample.at), rate: {}, share: { share: share(sample.reindex) } };
    for (const field of ["lag_ms", "pending_events", "retained_wal_bytes", "dead_letters"]) {
      point[field] = Object.fromEntries(sample.sources.map((s) => [s.name, s[field]]));
    }
    for (const source of sample.sources) {
      const was = before.sources.find((s) => s.name === source.name);
      const more = was ? source.applied_events - was.applied_events : -1;
      point.rate[source.name] = seconds > 0 && more >= 0 ? more / seconds : null;
    }
    return point;
  });
}

function share(reindex) {
  return reindex?.state === "running" ? 100 * reindex.share : null;
}

new Operations().run();
