// What the shopper asked for, as the address bar holds it. The names are those
// of the API, so an address can be read, shared and typed.

export const emptyState = () => ({ q: "", filters: new Map(), inStock: false, sort: "relevance" });

export function readState(search) {
  const state = emptyState();
  for (const [name, value] of new URLSearchParams(search)) {
    if (name === "q") state.q = value;
    else if (name === "sort" && value) state.sort = value;
    else if (name === "in_stock") state.inStock = value === "true";
    else if (name.startsWith("f.") && name.length > 2 && value) addFilter(state, name.slice(2), value);
  }
  return state;
}

// params writes a state as query parameters, always in the same order.
export function params(state) {
  const out = new URLSearchParams();
  if (state.q.trim()) out.set("q", state.q.trim());
  for (const name of [...state.filters.keys()].sort()) {
    for (const value of state.filters.get(name)) out.append(`f.${name}`, value);
  }
  if (state.inStock) out.set("in_stock", "true");
  if (state.sort !== "relevance") out.set("sort", state.sort);
  return out;
}

// address is the URL of a state, relative to the page.
export function address(state, hash = "") {
  const query = params(state).toString();
  return `${location.pathname}${query ? `?${query}` : ""}${hash}`;
}

function addFilter(state, name, value) {
  const values = state.filters.get(name) ?? [];
  if (!values.includes(value)) values.push(value);
  state.filters.set(name, values);
}

// copy returns a state that can be changed without changing the other.
export function copy(state) {
  return { ...state, filters: new Map([...state.filters].map(([name, values]) => [name, [...values]])) };
}

export function withFilter(state, name, value) {
  const next = copy(state);
  addFilter(next, name, value);
  return next;
}

export function withoutFilter(state, name, value) {
  const next = copy(state);
  const rest = (next.filters.get(name) ?? []).filter((other) => other !== value);
  if (rest.length) next.filters.set(name, rest);
  else next.filters.delete(name);
  return next;
}

// withRange replaces what is chosen of a field by one range; both ends open
// means none.
export function withRange(state, name, from, to) {
  const next = copy(state);
  if (from === "" && to === "") next.filters.delete(name);
  else next.filters.set(name, [`${from}..${to}`]);
  return next;
}

export function rangeOf(state, name) {
  const match = /^(.*?)\.\.(.*)$/.exec(state.filters.get(name)?.[0] ?? "");
  return match ? { from: match[1], to: match[2] } : { from: "", to: "" };
}

export function withoutFilters(state) {
  return { ...emptyState(), q: state.q, sort: state.sort };
}

export function isFiltered(state) {
  return state.filters.size > 0 || state.inStock;
}
