// What is chosen, one removable chip each.

import { leaf } from "./categories.js";
import { el, icon, reconcile } from "./dom.js";
import { label, value as words } from "./format.js";
import { isRange, rangeWords } from "./range.js";
import { copy, rangeOf, withoutFilter, withoutFilters } from "./state.js";

// choices lists what is chosen: {key, words, without}, the last being the state
// with that choice taken back.
export function choices(state, schema) {
  const list = [];
  for (const [name, values] of state.filters) {
    for (const value of values) {
      const range = isRange(value) ? rangeWords(name, rangeOf(state, name), schema) : leaf(words(value));
      list.push({ key: `${name}=${value}`, words: `${label(name)}: ${range}`, without: withoutFilter(state, name, value) });
    }
  }
  if (state.inStock) list.push({ key: "in_stock", words: "In stock", without: { ...copy(state), inStock: false } });
  return list;
}

export function showChips(root, state, schema, change) {
  const chosen = choices(state, schema);
  if (chosen.length) chosen.push({ key: "all", words: "Clear all", without: withoutFilters(state) });
  reconcile(root, chosen, (choice) => choice.key, (choice) => {
    const all = choice.key === "all";
    const button = el("button", {
      type: "button", class: all ? "link-button clear-all" : "chip",
      "aria-label": all ? "Clear all filters" : `Remove ${choice.words}`,
      on: {
        click: () => {
          change(button.without);
          focusNear(root, button);
        },
      },
    }, el("span", {}, choice.words), all ? null : icon("close"));
    return el("li", {}, button);
  }, (item, choice) => {
    item.firstElementChild.without = choice.without;
  });
  root.hidden = chosen.length === 0;
}

// focusNear keeps the keyboard's place when a chip goes away.
function focusNear(root, button) {
  const buttons = [...root.querySelectorAll("button")];
  const i = buttons.indexOf(button);
  (buttons[i + 1] ?? buttons[i - 1])?.focus();
}
