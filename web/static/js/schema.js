// What the shop's schema says about its fields.

import { call } from "./api.js";
import { minorDigits } from "./format.js";

const FIRST = ["category", "price", "brand"];

export class Schema {
  #fields;

  constructor(fields = []) {
    this.#fields = new Map(fields.map((field) => [field.name, field]));
  }

  // facets names the facets to ask for: the shop's main ones, those a filter is
  // set on (so that it can be widened), and those that suit the result.
  facets(state) {
    const can = (name) => name.startsWith("attr.") || this.#fields.get(name)?.facet;
    return [...new Set([...FIRST, ...state.filters.keys()].filter(can)), "auto"].join(",");
  }

  // sorts lists the orders to offer, [value, words].
  sorts() {
    const offers = [["relevance", "Best match"]];
    const can = (name) => this.#fields.get(name)?.sort;
    if (can("price")) offers.push(["price", "Price, low to high"], ["-price", "Price, high to low"]);
    if (can("released")) offers.push(["-released", "Newest first"]);
    if (can("title")) offers.push(["title", "Name, A to Z"]);
    return offers;
  }

  kind(name) {
    return this.#fields.get(name)?.kind ?? "";
  }

  currency(name) {
    return this.#fields.get(name)?.currency ?? "";
  }

  // digits is how many digits of a currency's amounts are after the point.
  digits(currency) {
    for (const field of this.#fields.values()) {
      if (field.currency === currency && Number.isInteger(field.minor_units)) return field.minor_units;
    }
    return minorDigits(currency);
  }
}

export async function loadSchema() {
  const { body } = await call("/v1/schema");
  return new Schema(body.fields);
}
