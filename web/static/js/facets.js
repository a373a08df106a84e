// The filters beside the results: terms with check boxes, ranges with bounds.

import { depth, isTree, leaf, unfolded, withCategory } from "./categories.js";
import { el, icon, reconcile, setText } from "./dom.js";
import { count, label, value as words } from "./format.js";
import { rangeFacet, updateRange } from "./range.js";
import { rangeOf, withFilter, withRange, withoutFilter } from "./state.js";

const SHORT = 7; // values of a facet before "Show all"
const OPEN = 5; // facets that start unfolded

export class Facets {
  #root;
  #schema;
  #actions;
  #state;
  #expanded;

  // actions: change(state) asks for another result; expand(name, yes) for all
  // values of a facet.
  constructor(root, schema, expanded, actions) {
    this.#root = root;
    this.#schema = schema;
    this.#expanded = expanded;
    this.#actions = actions;
  }

  show(state, facets) {
    this.#state = state;
    const useful = facets.filter((facet) => this.#useful(facet)).map((facet, i) => ({ facet, open: i < OPEN }));
    reconcile(this.#root, useful, ({ facet }) => `${facet.name}:${facet.kind}`,
      (item) => this.#create(item), (node, { facet }) => this.#update(node, facet));
  }

  // useful leaves out facets with nothing to choose.
  #useful(facet) {
    if (this.#state.filters.has(facet.name)) return true;
    if (facet.kind === "range") return facet.buckets.length > 0 && facet.min < facet.max;
    return facet.values.length > 1;
  }

  #create({ facet, open }) {
    const name = label(facet.name);
    const body = facet.kind === "range"
      ? rangeFacet(facet.name, this.#schema, (from, to) => this.#change(withRange(this.#state, facet.name, from, to)))
      : this.#terms(facet.name, name);
    return el("details", { class: "facet", open: open || this.#state.filters.has(facet.name), "data-facet": facet.name },
      el("summary", {}, el("span", {}, name), icon("chevron")), body);
  }

  #terms(field, name) {
    return el("div", { class: "facet-body", role: "group", "aria-label": name },
      el("ul", { class: "values" }),
      el("button", {
        type: "button", class: "link-button more-values",
        on: { click: () => this.#actions.expand(field, !this.#expanded.has(field)) },
      }));
  }

  #update(node, facet) {
    if (facet.kind === "range") {
      updateRange(node, facet, rangeOf(this.#state, facet.name), this.#schema);
      return;
    }
    const all = this.#expanded.has(facet.name);
    const tree = isTree(facet);
    const values = listed(facet, this.#state.filters.get(facet.name) ?? [], all, tree);
    const list = node.querySelector(".values");
    list.classList.toggle("values-all", all);
    reconcile(list, values, (v) => v.value, (v) => this.#option(facet.name, v), updateOption);
    const more = node.querySelector(".more-values");
    more.hidden = !all && !facet.more && (tree || facet.values.length <= SHORT);
    more.setAttribute("aria-expanded", String(all));
    more.setAttribute("aria-label", `${all ? "Show fewer" : "Show all"}: ${label(facet.name)}`);
    setText(more, all ? "Show fewer" : "Show all");
  }

  #option(field, { value }) {
    const box = el("input", {
      type: "checkbox",
      on: {
        change: () => this.#change(box.checked
          ? (field === "category" ? withCategory : withFilter)(this.#state, field, value)
          : withoutFilter(this.#state, field, selectedSpelling(this.#state, field, value))),
      },
    });
    const indent = field === "category" ? depth(value) : 0;
    return el("li", { class: indent ? `depth-${Math.min(indent, 4)}` : null }, el("label", { class: "value" }, box,
      el("span", { class: "value-name" }, words(indent ? leaf(value) : value)), el("span", { class: "value-count" })));
  }

  #change(state) {
    this.#state = state; // a second click may come before the answer to the first
    this.#actions.change(state);
  }
}

function updateOption(node, { count: n, selected }) {
  const box = node.querySelector("input");
  box.checked = selected;
  setText(node.querySelector(".value-count"), n === null ? "" : count(n));
  node.classList.toggle("none", n === 0);
}

// listed is what to show of a facet: its first values, and what is chosen even
// where the result no longer has it, so that it can be taken back.
function listed(facet, chosen, all, tree) {
  const shown = tree ? unfolded(facet.values, chosen) : facet.values;
  const values = all || tree ? [...shown] : shown.filter((v, i) => i < SHORT || v.selected);
  const known = new Set(facet.values.filter((v) => v.selected).map((v) => fold(v.value)));
  const gone = chosen.filter((value) => !known.has(fold(value)));
  if (values.every(({ value }) => Number.isFinite(Number(value)))) values.sort((a, b) => a.value - b.value);
  return [...values, ...gone.map((value) => ({ value, count: null, selected: true }))];
}

// selectedSpelling is a value as the address has it: filters ignore case and
// accents, so it may differ from the facet's.
function selectedSpelling(state, field, value) {
  const chosen = state.filters.get(field) ?? [];
  return chosen.find((other) => other === value) ?? chosen.find((other) => fold(other) === fold(value)) ?? value;
}

function fold(value) {
  return String(value).trim().normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
