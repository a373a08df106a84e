// The buy form of a product.

import { el, icon, setText } from "./dom.js";
import { Order } from "./order.js";
import { stockWords } from "./stock.js";

const MOST = 99; // pieces in one order

// purchase makes the form for a product {id, stock, in_stock}. bought(token) is
// called after an order, refused(quantity) when there were not that many left.
export function purchase(product, { bought, refused }) {
  const say = el("p", { class: "say", role: "status" });
  const number = el("input", {
    type: "number", class: "quantity", name: "quantity", min: 1, max: MOST, value: 1, inputmode: "numeric", "aria-label": "Quantity",
  });
  const step = (by, name, sign) => el("button", {
    type: "button", class: "step", "aria-label": name,
    on: { click: () => { number.value = String(clamp(Number(number.value) + by, Number(number.max))); } },
  }, icon(sign));
  const buy = el("button", { class: "primary buy" }, "Buy now");
  const form = el("form", { class: "purchase", novalidate: true },
    el("div", { class: "stepper" }, step(-1, "One fewer", "minus"), number, step(1, "One more", "plus")), buy, say);

  let order = null; // one whose outcome is open
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    const quantity = clamp(Number(number.value), MOST);
    number.value = String(quantity);
    order ??= new Order(product.id, quantity);
    busy(true);
    tell("Placing your order…", "wait");
    try {
      const placed = await order.place();
      order = null;
      tell(thanks(placed.order, quantity), "good");
      bought(placed.token);
    } catch (problem) {
      if (!problem.open) order = null;
      tell(excuse(problem), "bad");
      if (problem.code === "out-of-stock") refused(quantity);
    } finally {
      busy(false);
    }
  });

  function busy(yes) {
    form.setAttribute("aria-busy", String(yes));
    number.disabled = order !== null; // the same order must be tried again, not another
    for (const button of form.querySelectorAll(".step")) button.disabled = order !== null;
    setText(buy, !yes && order ? "Try again" : "Buy now");
  }

  function tell(words, mood) {
    say.dataset.mood = mood;
    setText(say, words);
  }

  // stock adapts the form to what is left.
  form.stock = (now) => {
    const out = stockWords(now).level === "out";
    buy.disabled = out && order === null;
    number.max = String(typeof now.stock === "number" && now.stock > 0 ? Math.min(now.stock, MOST) : MOST);
    form.dataset.level = out ? "out" : "in";
  };
  form.stock(product);
  return form;
}

function clamp(n, most) {
  return Math.min(Math.max(1, Math.floor(n) || 1), most);
}

function thanks(order, quantity) {
  const pieces = quantity === 1 ? "one piece" : `${quantity} pieces`;
  return `Thank you! You ordered ${pieces}. Order ${order.id}.`;
}

function excuse(problem) {
  if (problem.code === "out-of-stock") return "Sorry, somebody was faster: there are not that many left.";
  if (problem.status === 401 || problem.status === 403) return "This shop does not take orders from this page.";
  if (problem.open) return "We could not reach the shop. Try again: you will not be charged twice.";
  return `The order was not accepted: ${problem.message}`;
}
