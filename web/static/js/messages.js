// What the shop says when there is something to say: relaxed searches, nothing
// found, failures.

import { call } from "./api.js";
import { choices } from "./chips.js";
import { el, setText } from "./dom.js";
import { count, products } from "./format.js";
import { askForKey } from "./key.js";
import { emptyState, params, withoutFilters } from "./state.js";

const OFFERS = 4; // filters whose removal is tried out

// notices shows how the answer differs from what was asked, or nothing.
export function notices(node, answer) {
  const words = answer ? noticeWords(answer) : "";
  setText(node, words);
  node.hidden = words === "";
}

function noticeWords({ continued, query }) {
  if (continued) return "Products changed while you were looking. The list goes on with those you have not seen.";
  if (query?.corrected) return `Showing results for “${query.corrected}”.`;
  return query?.relaxed?.length ? relaxedWords(query.relaxed) : "";
}

// relaxedWords says by which step the search was loosened: "words:2/3" means
// that two of three words had to match.
function relaxedWords(steps) {
  const [, some, all] = steps.map((step) => /^words:(\d+)\/(\d+)$/.exec(step)).find(Boolean) ?? [];
  if (!all) return "No exact match. Showing products that come close.";
  return `No product matches all ${all} words. Showing those that match at least ${some}.`;
}

function message(node, title, text, ...buttons) {
  node.replaceChildren(el("h2", {}, title), text ? el("p", {}, text) : "", el("ul", { class: "offers" }, buttons.map((b) => el("li", {}, b))));
}

function button(words, click, primary = false) {
  return el("button", { type: "button", class: primary ? "primary" : "secondary", on: { click } }, words);
}

// nothingFound explains an empty result and offers ways out; those that lead
// somewhere say how far.
export function nothingFound(node, state, schema, change, showQuery) {
  const q = state.q.trim();
  const chosen = choices(state, schema);
  const everything = () => {
    showQuery("");
    change(emptyState());
  };
  if (!chosen.length) {
    message(node, q ? `Nothing found for “${q}”` : "There are no products yet",
      q ? "Check the spelling, or try fewer or more general words." : "As soon as the catalogue has some, they show up here.",
      ...(q ? [button("Show all products", everything, true)] : []));
    return;
  }
  message(node, "No product matches all of this", "Take back one of your choices:",
    ...chosen.slice(0, OFFERS).map((choice) => offer(choice, change)),
    button("Clear all filters", () => change(withoutFilters(state)), true),
    q ? button("Show all products", everything) : null);
}

// offer is the removal of one choice, with the number of products it gives as
// soon as that is known.
function offer({ words, without }, change) {
  const node = button(`Without “${words}”`, () => change(without));
  const query = params(without);
  query.set("limit", "1");
  call(`/v1/search?${query}`).then(({ body }) => {
    if (body.total === 0) node.parentElement?.remove(); // leads nowhere
    else node.append(el("span", { class: "offer-count" }, count(body.total), el("span", { class: "visually-hidden" }, ` ${products(body.total).split(" ")[1]}`)));
  }, () => {}); // the offer stands without its number
  return node;
}

// searchFailed says what went wrong and how to go on.
export function searchFailed(node, problem, state, retry, change) {
  if (problem.status === 400 && change) {
    const { field, reason } = problem.errors[0] ?? {};
    message(node, "This search cannot be answered", field ? `${field}: ${reason}` : problem.message,
      button("Clear all filters", () => change(withoutFilters(emptyStateWith(state))), true));
    return;
  }
  if (problem.status === 401 || problem.status === 403) {
    message(node, "This shop asks for a key", problem.message,
      button("Enter a key", () => askForKey(problem, "search").then(retry), true));
    return;
  }
  if (problem.code === "not-ready") {
    message(node, "The shop is about to open", "The products are being put on the shelves. This page goes on by itself.");
    setTimeout(retry, Math.max(1, problem.retryAfter) * 1000);
    return;
  }
  const busy = problem.status === 429 || problem.code === "overloaded";
  message(node, busy ? "The shop is very busy" : problem.status === 0 ? "The shop cannot be reached" : "The search did not work",
    busy ? "Please try again in a moment." : problem.status === 0 ? "Check your connection, then try again." : problem.message,
    button("Try again", retry, true));
}

function emptyStateWith({ q }) {
  return { ...emptyState(), q };
}
