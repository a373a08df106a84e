// The search box: searches while one types, but not within a composed character.

const WAIT = 80; // ms of quiet before a search

// listenToBox calls typed(q) as the text changes and committed(q) on Enter. It
// returns {show(q)}, which writes the box.
export function listenToBox(form, input, clear, { typed, committed }) {
  let timer = 0;
  let composing = false;

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => typed(input.value), WAIT);
  };
  input.addEventListener("input", () => {
    if (!composing) later();
  });
  input.addEventListener("compositionstart", () => {
    composing = true;
    clearTimeout(timer);
  });
  input.addEventListener("compositionend", () => {
    composing = false;
    later();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    committed(input.value);
  });
  clear.addEventListener("click", () => {
    input.value = "";
    input.focus();
    later();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea") || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
  return {
    show(q) {
      clearTimeout(timer);
      if (input.value.trim() !== q.trim()) input.value = q;
    },
  };
}
