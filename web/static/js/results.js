// The grid of products.

import { el, marked, plain, setText } from "./dom.js";
import { first, money, value } from "./format.js";
import { picture } from "./picture.js";
import { setStock, stockBadge } from "./stock.js";

const SKELETONS = 12;
const EAGER = 6; // pictures of the first rows are fetched at once

export class Results {
  #list;
  #schema;
  #cards = new Map(); // by product id

  constructor(list, schema) {
    this.#list = list;
    this.#schema = schema;
  }

  get empty() {
    return this.#cards.size === 0;
  }

  busy(yes) {
    this.#list.setAttribute("aria-busy", String(yes));
  }

  skeleton() {
    this.#cards.clear();
    this.#list.replaceChildren(...Array.from({ length: SKELETONS }, () =>
      el("li", { class: "card skeleton", "aria-hidden": "true" },
        el("span", { class: "picture" }),
        el("span", { class: "bone bone-short" }), el("span", { class: "bone" }), el("span", { class: "bone bone-half" }))));
  }

  show(hits) {
    this.#cards.clear();
    this.#list.replaceChildren(...hits.map((hit, i) => this.#card(hit, i < EAGER)));
  }

  // add appends a page and returns the first new card.
  add(hits) {
    const cards = hits.map((hit) => this.#card(hit, false));
    this.#list.append(...cards);
    return cards[0];
  }

  clear() {
    this.#cards.clear();
    this.#list.replaceChildren();
  }

  // update writes price and stock of products that are on show.
  update(hits) {
    for (const { id, product } of hits) {
      const card = this.#cards.get(id);
      if (!card) continue;
      setStock(card.stock, product);
      card.item.dataset.level = card.stock.dataset.level;
      setText(card.price, this.#price(product));
    }
  }

  focus(id) {
    this.#cards.get(id)?.link.focus();
  }

  #price(product) {
    const price = first(product.price);
    return price ? money(price, this.#schema.digits(price.currency)) : "";
  }

  #card({ id, product, highlights }, eager) {
    const link = el("a", { class: "card-link", href: `#product=${encodeURIComponent(id)}` }, title(product, highlights));
    const price = el("span", { class: "price" }, this.#price(product));
    const stock = stockBadge(product);
    const item = el("li", { class: "card", "data-id": id, "data-level": stock.dataset.level },
      picture(product.image, "", { eager }),
      el("span", { class: "brand" }, value(product.brand ?? "")),
      el("h3", { class: "card-title" }, link),
      el("span", { class: "card-foot" }, price, stock));
    this.#cards.set(id, { item, link, price, stock });
    return item;
  }
}

// title marks what matched, where the highlight is the whole title and not a
// piece of it. The brand, which stands above, is not said twice.
function title(product, highlights) {
  const text = first(product.title) ?? "";
  const fragment = highlights?.title?.[0];
  const nodes = fragment && plain(fragment) === text ? marked(fragment) : [document.createTextNode(text)];
  const brand = `${first(product.brand) ?? ""} `;
  return text.startsWith(brand) && text.length > brand.length ? withoutStart(nodes, brand.length) : nodes;
}

// withoutStart takes as many characters from the front of some nodes.
function withoutStart(nodes, length) {
  for (const node of nodes) {
    const text = node.textContent;
    node.textContent = text.slice(length);
    length -= Math.min(length, text.length);
    if (length === 0) break;
  }
  return nodes.filter((node) => node.textContent !== "");
}
