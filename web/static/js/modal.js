// Modal dialogs: the browser's own, with Tab kept inside and a click beside the
// dialog closing it.

const FOCUSABLE = "a[href], button:not([disabled]), input:not([disabled]), select, summary, [tabindex='0']";

// modal prepares a <dialog>. dismissed is called once the shopper closed it, by
// whatever means.
export function modal(dialog, dismissed) {
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Tab") wrap(dialog, event);
  });
  dialog.addEventListener("mousedown", (event) => {
    if (event.target === dialog && outside(dialog, event)) dialog.close();
  });
  dialog.addEventListener("close", () => {
    document.documentElement.classList.remove("modal-open");
    dismissed?.();
  });
  for (const button of dialog.querySelectorAll("[data-close]")) {
    button.addEventListener("click", () => dialog.close());
  }
}

export function openModal(dialog) {
  if (dialog.open) return;
  document.documentElement.classList.add("modal-open");
  dialog.showModal();
}

function wrap(dialog, event) {
  const all = [...dialog.querySelectorAll(FOCUSABLE)].filter((node) => node.offsetParent !== null && node.tabIndex >= 0);
  if (!all.length) return;
  const [first, last] = [all[0], all[all.length - 1]];
  const inside = dialog.contains(document.activeElement) && document.activeElement !== dialog;
  if (event.shiftKey && (!inside || document.activeElement === first)) {
    event.preventDefault();
    last.focus();
  } else if (!event.shiftKey && (!inside || document.activeElement === last)) {
    event.preventDefault();
    first.focus();
  }
}

function outside(dialog, { clientX: x, clientY: y }) {
  const box = dialog.getBoundingClientRect();
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}
