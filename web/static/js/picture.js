// Product pictures. Only the shop's own origin is asked (the page's policy
// allows no other); anything else, and any picture that fails, is drawn as a
// quiet placeholder of the same size.

import { el, icon } from "./dom.js";
import { first } from "./format.js";

function own(address) {
  try {
    const url = new URL(address, location.href);
    return url.protocol === "data:" || url.origin === location.origin;
  } catch {
    return false;
  }
}

function placeholder() {
  return el("span", { class: "picture-none", "aria-hidden": "true" }, icon("box"));
}

export function picture(addresses, alt, { eager = false } = {}) {
  const address = first(addresses);
  const frame = el("span", { class: "picture" });
  if (!address || !own(address)) {
    frame.append(placeholder());
    return frame;
  }
  const image = el("img", {
    alt, width: 400, height: 400, loading: eager ? "eager" : "lazy", decoding: "async",
    on: { error: () => image.replaceWith(placeholder()) },
  });
  image.src = address;
  frame.append(image);
  return frame;
}
