// Asking for an API key, where the server wants one.

import { setKey } from "./api.js";
import { el } from "./dom.js";
import { openModal } from "./modal.js";

// askForKey opens a dialog and resolves once a key was entered, which stays in
// this tab. What follows will show whether the key was good.
export function askForKey(problem, scope) {
  return new Promise((resolve) => {
    const input = el("input", {
      id: "key", class: "key-input", type: "password", required: true, pattern: "[!-~]+", autocomplete: "off",
    });
    const dialog = el("dialog", {
      class: "key-dialog", "aria-labelledby": "key-title",
      on: { cancel: (event) => event.preventDefault() },
    }, el("form", {
      on: {
        submit: (event) => {
          event.preventDefault();
          setKey(input.value);
          dialog.close();
          document.documentElement.classList.remove("modal-open");
          dialog.remove();
          resolve();
        },
      },
    }, el("h2", { id: "key-title" }, "This server asks for a key"),
    el("p", {}, problem.status === 403 ? `The key that was entered is not allowed to do this. It needs the scope “${scope}”.` : `Enter an API key with the scope “${scope}”. It is kept until this tab is closed.`),
    el("label", { for: "key" }, "API key"), input, el("button", { class: "primary" }, "Continue")));
    document.body.append(dialog);
    openModal(dialog);
  });
}
