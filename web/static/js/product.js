// The product view: a dialog that the address's #product=ID opens.

import { call, pause } from "./api.js";
import { pathWords } from "./categories.js";
import { el } from "./dom.js";
import { clock, day, first, label, money, value as words } from "./format.js";
import { modal, openModal } from "./modal.js";
import { picture } from "./picture.js";
import { purchase } from "./purchase.js";
import { setStock, stockBadge } from "./stock.js";

const LOOKS = 20;
const LOOK_EVERY = 150; // ms

// Values that have a place of their own in the view.
const PLACED = new Set(["title", "description", "price", "image", "stock", "in_stock", "brand"]);

export class ProductView {
  #dialog;
  #schema;
  #shop;
  #id = null;
  #deep = true; // opened by the address the page was entered with
  #abort = new AbortController();

  // shop: bought(token, id) refreshes the results; stockSeen(hit) hands over what
  // the product's own page says; closed(id) gives the focus back.
  constructor(dialog, schema, shop) {
    this.#dialog = dialog;
    this.#schema = schema;
    this.#shop = shop;
    modal(dialog, () => this.#dismissed());
    window.addEventListener("hashchange", () => {
      this.#deep = false;
      this.follow();
    });
  }

  // follow opens or closes the view as the address says.
  follow() {
    const match = /^#product=(.+)$/.exec(location.hash);
    const id = match ? decode(match[1]) : null;
    if (id === this.#id) return;
    const before = this.#id;
    this.#id = id;
    if (id !== null) this.#open(id);
    else {
      this.#dialog.close();
      this.#shop.closed(before);
    }
  }

  #dismissed() {
    if (this.#id === null) return; // the address closed it
    if (this.#deep) {
      history.replaceState(null, "", location.pathname + location.search);
      this.follow();
    } else history.back();
  }

  #body() {
    return this.#dialog.querySelector(".product");
  }

  async #open(id) {
    this.#body().replaceChildren(el("p", { class: "product-wait", role: "status" }, "Loading…"));
    openModal(this.#dialog); // focuses what has autofocus: no button that a held Enter would press
    try {
      const product = await this.#fetch(id);
      if (id === this.#id) this.#show(product);
    } catch (problem) {
      if (id === this.#id && problem.name !== "AbortError") this.#fail(problem, id);
    }
  }

  async #fetch(id) {
    this.#abort.abort();
    this.#abort = new AbortController();
    const { body } = await call(`/v1/products/${encodeURIComponent(id)}`, { signal: this.#abort.signal });
    return body;
  }

  #show(answer) {
    const { product } = answer;
    const price = first(product.price), title = first(product.title) ?? answer.id;
    const stock = stockBadge(answer);
    const form = purchase(answer, {
      bought: (token) => this.#bought(token, answer.id),
      refused: (quantity) => this.#recheck(answer.id, quantity),
    });
    this.#stock = (now) => {
      setStock(stock, now);
      form.stock(now);
    };
    this.#body().replaceChildren(
      picture(product.image, title, { eager: true }),
      el("div", { class: "product-main" },
        product.brand ? el("p", { class: "brand" }, words(product.brand)) : null,
        el("h2", { id: "product-title", tabindex: "-1" }, title),
        el("p", { class: "product-offer" },
          price ? el("span", { class: "price" }, money(price, this.#schema.digits(price.currency))) : null, stock),
        form,
        product.description ? el("p", { class: "product-text" }, words(product.description)) : null),
      el("div", { class: "product-more" },
        details(product),
        answer.indexed_at ? el("p", { class: "fine-print" }, `In the index since ${day(answer.indexed_at)}, ${clock(answer.indexed_at)}`) : null));
    this.#body().querySelector("h2").focus();
  }

  #stock = () => {};

  async #bought(token, id) {
    await this.#shop.bought(token);
    await this.#reload(id);
  }

  // recheck looks until the index knows what the shop's database knew when it
  // refused: that fewer than quantity are left.
  async #recheck(id, quantity) {
    for (let look = 0; look < LOOKS && id === this.#id; look++) {
      const now = await this.#reload(id);
      if (now && (now.stock ?? Infinity) < quantity) return;
      await pause(LOOK_EVERY * (look + 1)); // soon at first, half a minute in all
    }
  }

  async #reload(id) {
    try {
      const now = await this.#fetch(id);
      this.#shop.stockSeen(now);
      if (id === this.#id) this.#stock(now);
      return now;
    } catch {
      // The order's outcome is on the screen; an old number beside it does not
      // take that back.
      return null;
    }
  }

  #fail(problem, id) {
    const gone = problem.status === 404;
    this.#body().replaceChildren(el("div", { class: "state" },
      el("h2", { id: "product-title", tabindex: "-1" }, gone ? "This product is no longer sold" : "The product could not be loaded"),
      el("p", {}, gone ? "It may have been taken from the range." : problem.message),
      gone ? null : el("button", { type: "button", class: "primary", on: { click: () => this.#open(id) } }, "Try again")));
    this.#body().querySelector("h2").focus();
  }
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function detail(name, v) {
  if (name === "released") return day(v);
  if (name === "category") return pathWords(words(v));
  if (/^https?:\/\//.test(v) && URL.canParse(v)) return el("a", { href: v, rel: "noopener noreferrer", target: "_blank" }, new URL(v).pathname.split("/").pop() || v);
  return words(v);
}

// details lists everything else that is known of a product.
function details(product) {
  const rows = Object.entries({ ...product, attributes: undefined, ...product.attributes })
    .filter(([name, v]) => !PLACED.has(name) && v !== null && v !== undefined && v !== "")
    .map(([name, v]) => el("div", { class: "detail" },
      el("dt", {}, label(name)), el("dd", {}, detail(name, v))));
  if (!rows.length) return null;
  return [el("h3", {}, "Details"), el("dl", { class: "details" }, rows)];
}
