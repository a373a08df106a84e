// Line charts over time, drawn as SVG. A chart shows the last fifteen minutes
// of one or two series; pointing at it, or the arrow keys, read out a moment.

import { el, reconcile, setText, svg } from "./dom.js";
import { clock } from "./format.js";
import { ticks } from "./scale.js";

export const SPAN = 15 * 60e3; // ms shown
const GAP = 5000; // ms without a sample that break the line
const HEIGHT = 168;
const PAD = { top: 10, right: 10, bottom: 24, left: 62 };

export class Chart {
  #series;
  #format;
  #steps;
  #most;
  #svg;
  #legend;
  #when;
  #points = []; // [{t, values}], oldest first
  #width = 0;
  #at = null; // index of the moment read out; null is the newest

  // options: title; series [{key, name, tone}], tone being one of two colours;
  // format(value) with unit; steps "binary" | "decimal" | "time" for the axis;
  // most: what the axis reaches at least.
  constructor(parent, { title, hint, series, format, steps = "decimal", most = 0 }) {
    this.#series = series;
    this.#format = format;
    this.#steps = steps;
    this.#most = most;
    this.#svg = svg("svg", { class: "plot", height: HEIGHT, "aria-hidden": "true" });
    this.#legend = el("ul", { class: "legend" });
    this.#when = el("span", { class: "when" });
    const plot = el("div", {
      class: "plot-box", tabindex: "0", role: "group",
      "aria-label": `${title}, last 15 minutes. Left and right arrow keys read out earlier and later moments.`,
      on: {
        pointermove: (event) => this.#point(event),
        pointerleave: () => this.#read(null),
        keydown: (event) => this.#key(event),
        blur: () => this.#read(null),
      },
    }, this.#svg);
    parent.append(el("figure", { class: "chart" },
      el("figcaption", {}, el("h3", {}, title), el("p", { class: "hint" }, hint), el("div", { class: "reading" }, this.#legend, this.#when)), plot));
    new ResizeObserver(([entry]) => {
      this.#width = Math.round(entry.contentRect.width);
      this.#draw();
    }).observe(plot);
  }

  update(points) {
    this.#points = points;
    this.#draw();
  }

  #key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !this.#points.length) return;
    event.preventDefault();
    const last = this.#points.length - 1;
    const jump = event.shiftKey ? 30 : 1;
    this.#read(Math.min(last, Math.max(0, (this.#at ?? last) + step * jump)));
  }

  #point(event) {
    if (!this.#points.length) return;
    const x = event.clientX - this.#svg.getBoundingClientRect().left;
    const { from, to } = this.#time();
    const t = from + ((x - PAD.left) / this.#inner()) * (to - from);
    let best = 0;
    this.#points.forEach((p, i) => {
      if (Math.abs(p.t - t) < Math.abs(this.#points[best].t - t)) best = i;
    });
    this.#read(best);
  }

  #read(index) {
    this.#at = index;
    this.#draw();
  }

  #inner() {
    return Math.max(1, this.#width - PAD.left - PAD.right);
  }

  #time() {
    const to = this.#points.at(-1)?.t ?? 0;
    return { from: to - SPAN, to };
  }

  #draw() {
    const at = this.#at === null ? this.#points.at(-1) : this.#points[this.#at];
    this.#legendFor(at);
    if (!this.#width || !this.#points.length) return;
    const { from, to } = this.#time();
    const most = Math.max(this.#most, ...this.#points.flatMap((p) => this.#series.map((s) => p.values[s.key] ?? 0)));
    const axis = ticks(most, this.#steps);
    const x = (t) => PAD.left + ((t - from) / (to - from)) * this.#inner();
    const y = (v) => HEIGHT - PAD.bottom - (v / axis.top) * (HEIGHT - PAD.top - PAD.bottom);
    this.#svg.setAttribute("viewBox", `0 0 ${this.#width} ${HEIGHT}`);
    this.#svg.setAttribute("width", this.#width);
    this.#svg.replaceChildren(
      ...axis.values.flatMap((v) => this.#level(v, y(v))),
      ...this.#moments(from, to, x),
      ...this.#series.map((s) => svg("path", { class: `line series-${s.tone}`, d: path(this.#points, s.key, x, y) })),
      ...(this.#at === null || !at ? [] : this.#cross(at, x, y)));
  }

  #level(v, at) {
    return [svg("line", { class: "grid", x1: PAD.left, x2: this.#width - PAD.right, y1: at, y2: at }),
      svg("text", { class: "tick", x: PAD.left - 8, y: at + 4, "text-anchor": "end" }, this.#format(v))];
  }

  // moments are the times under the axis, fewer where there is little room.
  #moments(from, to, x) {
    const every = (this.#inner() < 300 ? 10 : 5) * 60e3;
    const out = [];
    for (let t = Math.ceil(from / every) * every; t <= to; t += every) {
      out.push(svg("text", { class: "tick", x: Math.min(Math.max(x(t), PAD.left + 14), this.#width - 24), y: HEIGHT - 6, "text-anchor": "middle" }, clock(t, false)));
    }
    return out;
  }

  #cross(at, x, y) {
    const line = svg("line", { class: "cross", x1: x(at.t), x2: x(at.t), y1: PAD.top, y2: HEIGHT - PAD.bottom });
    const dots = this.#series.map((s) => {
      const v = at.values[s.key];
      return v === null || v === undefined ? null : svg("circle", { class: `dot-at series-${s.tone}`, cx: x(at.t), cy: y(v), r: 4 });
    });
    return [line, ...dots.filter(Boolean)];
  }

  #legendFor(at) {
    reconcile(this.#legend, this.#series, (s) => s.key,
      (s) => el("li", {}, el("span", { class: `swatch swatch-${s.tone}`, "aria-hidden": "true" }),
        el("span", { class: "legend-name" }, s.name), el("span", { class: "legend-value" })),
      (node, s) => {
        const v = at?.values[s.key];
        setText(node.querySelector(".legend-value"), v === null || v === undefined ? "–" : this.#format(v));
      });
    setText(this.#when, this.#at === null || !at ? "" : clock(at.t));
  }
}

// path draws a line through what was measured, and none through what was not.
function path(points, key, x, y) {
  let d = "", before = null;
  for (const p of points) {
    const v = p.values[key];
    if (v === null || v === undefined) {
      before = null;
      continue;
    }
    d += `${before !== null && p.t - before < GAP ? "L" : "M"}${x(p.t).toFixed(1)} ${y(v).toFixed(1)}`;
    before = p.t;
  }
  return d;
}
