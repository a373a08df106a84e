// How much of a product is left, in words.

import { el, setText } from "./dom.js";

const FEW = 5;

export function stockWords({ stock, in_stock: inStock }) {
  if (inStock === false || stock === 0) return { level: "out", words: "Sold out" };
  if (typeof stock === "number" && stock <= FEW) return { level: "few", words: `Only ${stock} left` };
  return { level: "in", words: "In stock" };
}

export function stockBadge(product) {
  const badge = el("span", { class: "stock" });
  setStock(badge, product);
  return badge;
}

export function setStock(badge, product) {
  const { level, words } = stockWords(product);
  badge.dataset.level = level;
  setText(badge, words);
}
