// Category paths such as "Kitchen > Knives". A filter on a parent finds its
// children too, so of one line of descent at most one may be chosen.

import { withFilter, withoutFilter } from "./state.js";

const SEPARATOR = " > ";

export function isTree(facet) {
  return facet.name === "category" && facet.values.some(({ value }) => value.includes(SEPARATOR));
}

export function depth(value) {
  return value.split(SEPARATOR).length - 1;
}

// leaf is the last level of a path; other values are their own.
export function leaf(value) {
  return value.split(SEPARATOR).pop();
}

export function pathWords(value) {
  return value.split(SEPARATOR).join(" › ");
}

function parent(value) {
  return value.split(SEPARATOR).slice(0, -1).join(SEPARATOR);
}

function below(value, ancestor) {
  return value.startsWith(ancestor + SEPARATOR);
}

// unfolded puts the values in the order of the tree and leaves out those that
// lie below what nobody has opened by a choice.
export function unfolded(values, chosen) {
  const children = new Map();
  const known = new Set(values.map((v) => v.value));
  for (const v of values) {
    const under = known.has(parent(v.value)) ? parent(v.value) : ""; // no product is left in the parent
    children.set(under, [...(children.get(under) ?? []), v]);
  }
  const out = [];
  const walk = (under, lonely) => {
    const level = children.get(under) ?? [];
    for (const v of level) {
      out.push(v);
      const open = chosen.some((c) => c === v.value || below(c, v.value));
      if (open || (lonely && level.length === 1)) walk(v.value, lonely && level.length === 1);
    }
  };
  walk("", true);
  return out;
}

// withCategory chooses a path and takes back what it holds or is held by.
export function withCategory(state, field, value) {
  let next = state;
  for (const other of state.filters.get(field) ?? []) {
    if (below(other, value) || below(value, other)) next = withoutFilter(next, field, other);
  }
  return withFilter(next, field, value);
}
