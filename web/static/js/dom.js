// Building and updating the page. Data only ever becomes text nodes and
// attributes, never markup.

const SVG = "http://www.w3.org/2000/svg";

// el makes an element. In props, `on` holds event handlers, `class` and other
// names are attributes; false, null and undefined leave an attribute out, true
// sets it empty.
export function el(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

// svg is el for SVG elements.
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(node, { on = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const [event, handler] of Object.entries(on)) node.addEventListener(event, handler);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

// setText writes only when something changes, so that live regions stay quiet
// and nothing is laid out again for the same words.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// reconcile makes the children of parent those of items, in their order, and
// keeps the elements that were there already: focus, scroll and open state
// survive. create makes an element for an item, update fills it.
export function reconcile(parent, items, key, create, update) {
  const before = new Map();
  for (const child of parent.children) before.set(child.dataset.key, child);
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    let node = before.get(name);
    if (!node) {
      node = create(item);
      node.dataset.key = name;
    }
    before.delete(name);
    update(node, item);
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const gone of before.values()) gone.remove();
  if (focused && focused !== document.activeElement && parent.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#34;": '"', "&#39;": "'" };

function unescape(text) {
  return text.replace(/&(?:amp|lt|gt|quot|#34|#39);/g, (entity) => ENTITIES[entity]);
}

// marked reads a highlight (HTML-escaped text in which <mark> encloses what
// matched) and returns nodes. Anything else that looks like markup stays text.
export function marked(highlight) {
  return highlight.split(/<mark>([\s\S]*?)<\/mark>/).map((part, i) =>
    i % 2 ? el("mark", {}, unescape(part)) : document.createTextNode(unescape(part)));
}

// plain is the text of a highlight without its marks.
export function plain(highlight) {
  return unescape(highlight.replace(/<\/?mark>/g, ""));
}

// icon refers to a symbol of the page's own sprite.
export function icon(name) {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));
}
