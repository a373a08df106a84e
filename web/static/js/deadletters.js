// The list of dead letters, to try again or to drop.

import { call } from "./api.js";
import { el, reconcile, setText } from "./dom.js";
import { clock, count, day } from "./format.js";

const MOST = 50; // listed

export class DeadLetters {
  #list = el("ul", {});
  #none = el("p", { class: "dead-none" }, "None. Every change could be applied.");
  #rest = el("p", { class: "dead-none", hidden: true });
  #say = el("p", { class: "dead-say", role: "status" });
  #known = -1; // how many there were when the list was loaded
  #loading = false;

  constructor(root) {
    root.append(this.#say, this.#list, this.#rest, this.#none);
  }

  // show loads the list when the number of dead letters changed.
  show(number) {
    if (number === this.#known || this.#loading) return;
    this.#load(number);
  }

  async #load(number) {
    this.#loading = true;
    try {
      const { body } = await call(`/v1/admin/dead-letters?limit=${MOST}`);
      this.#known = number;
      this.#draw(body.dead_letters, number);
    } catch (problem) {
      setText(this.#say, `The dead letters could not be listed: ${problem.message}`);
    } finally {
      this.#loading = false;
    }
  }

  #draw(letters, number) {
    setText(this.#say, "");
    this.#none.hidden = letters.length > 0;
    this.#rest.hidden = number <= letters.length;
    setText(this.#rest, `The first ${count(letters.length)} of ${count(number)}. The command aisle dlq list shows all.`);
    reconcile(this.#list, letters, (d) => `${d.source} ${d.id}`, (d) => this.#item(d), (node, d) => {
      setText(node.querySelector(".dead-reason"), d.reason);
      setText(node.querySelector(".dead-facts"), facts(d));
    });
  }

  #item(letter) {
    const name = `${letter.id} of ${letter.source}`;
    const act = (words, method, path) => el("button", {
      type: "button", class: "secondary", "aria-label": `${words} ${name}`,
      on: { click: (event) => this.#act(event.currentTarget, method, path) },
    }, words);
    const path = `/v1/admin/dead-letters/${encodeURIComponent(letter.source)}/${encodeURIComponent(letter.id)}`;
    return el("li", { class: "dead-item" },
      el("div", { class: "dead-words" },
        el("p", { class: "dead-id" }, letter.id), el("p", { class: "dead-reason" }), el("p", { class: "dead-facts" })),
      el("div", { class: "dead-actions" }, act("Replay", "POST", `${path}/replay`), act("Drop", "DELETE", path)));
  }

  async #act(button, method, path) {
    setText(this.#say, "");
    button.disabled = true;
    try {
      const { body } = await call(path, { method });
      await this.#load(this.#known);
      this.#known = -1; // the next status has the new number
      if (body?.applied === false) setText(this.#say, `It failed again: ${body.dead_letter.reason}`);
    } catch (problem) {
      setText(this.#say, problem.message);
    } finally {
      button.disabled = false;
    }
  }
}

function facts({ source, at, attempts, position }) {
  const tries = attempts === 1 ? "tried once" : `tried ${attempts} times`;
  return [source, `${day(at)}, ${clock(at)}`, tries, position ? `at ${position}` : ""].filter(Boolean).join(" · ");
}
