// Placing an order: exactly one, however often it is tried.

import { call, pause, Problem, randomKey } from "./api.js";

const TRIES = 4;
const CUSTOMER = "aisle-customer";

// customer is this browser's own customer number.
function customer() {
  let id = localStorage.getItem(CUSTOMER);
  if (!id) {
    id = `guest-${randomKey().slice(0, 12)}`;
    localStorage.setItem(CUSTOMER, id);
  }
  return id;
}

// unsettled: it is not known whether the server carried the order out.
function unsettled(problem) {
  return problem.status === 0 || problem.status >= 500 || problem.status === 429 || problem.code === "idempotency-in-progress";
}

// Order is one purchase. place may be called again after a failure that left it
// open: the key stays, so the server answers for the first attempt.
export class Order {
  #key = randomKey();
  #body;

  constructor(product, quantity) {
    this.#body = { customer: customer(), lines: [{ product, quantity }] };
  }

  // place resolves to {order, token}, or rejects with the Problem; its `open`
  // says that the same Order should be placed again.
  async place() {
    for (let attempt = 1; ; attempt++) {
      try {
        const { body, headers } = await call("/v1/orders", {
          method: "POST", json: this.#body, headers: { "Idempotency-Key": this.#key },
        });
        return { order: body, token: headers.get("Aisle-Consistency") ?? "" };
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        error.open = unsettled(error);
        if (!error.open || attempt === TRIES) throw error;
        await pause(error.retryAfter ? Math.min(error.retryAfter * 1000, 5000) : 200 * 2 ** attempt);
      }
    }
  }
}
