// The storefront: joins the search box, the filters, the results and the
// address bar.

import { showChips } from "./chips.js";
import { setText } from "./dom.js";
import { Facets } from "./facets.js";
import { count, products } from "./format.js";
import { followFreshness, showFreshness } from "./freshness.js";
import { modal, openModal } from "./modal.js";
import { nothingFound, notices, searchFailed } from "./messages.js";
import { ProductView } from "./product.js";
import { Results } from "./results.js";
import { loadSchema } from "./schema.js";
import { Search } from "./search.js";
import { listenToBox } from "./searchbox.js";
import { address, copy, emptyState, isFiltered, readState } from "./state.js";

const $ = (selector) => document.querySelector(selector);

class Shop {
  #schema;
  #search;
  #results;
  #facets;
  #box;
  #product;

  constructor(schema) {
    this.#schema = schema;
    this.#search = new Search(schema, this);
    this.#results = new Results($("#results"), schema);
    this.#facets = new Facets($("#facets"), schema, this.#search.expanded, {
      change: (state) => this.go(state),
      expand: (name, yes) => {
        this.#search.expanded[yes ? "add" : "delete"](name);
        this.#search.run(this.#search.state);
      },
    });
    this.#box = listenToBox($("#search"), $("#q"), $("#clear"), {
      typed: (q) => this.go({ ...this.#search.state, q }, { typing: true }),
      committed: (q) => this.go({ ...this.#search.state, q }),
    });
    this.#product = new ProductView($("#product"), schema, {
      bought: (token) => this.#search.refresh(token).catch(() => {}),
      stockSeen: (hit) => this.#results.update([{ id: hit.id, product: { ...hit.product, stock: hit.stock, in_stock: hit.in_stock } }]),
      closed: (id) => this.#results.focus(id),
    });
    this.#controls();
    this.#drawer();
    this.#endless();
  }

  start() {
    for (const [value, words] of this.#schema.sorts()) $("#sort").append(new Option(words, value));
    window.addEventListener("popstate", () => this.#followAddress());
    this.#followAddress();
    this.#product.follow();
    followFreshness($("#freshness"));
  }

  // go shows another state and puts it in the address bar. While typing, the
  // entry in the history is replaced: going back leaves the search, not a letter.
  go(state, { typing = false } = {}) {
    const target = address(state);
    const same = target === address(this.#search.state);
    if (!same) history[typing && this.#typed ? "replaceState" : "pushState"](null, "", target);
    this.#typed = typing;
    if (!same || !typing) this.#search.run(state);
  }

  #typed = false;

  #followAddress() {
    const state = readState(location.search);
    this.#box.show(state.q);
    this.#typed = false;
    if (this.#started && address(state) === address(this.#search.state)) return; // only the hash moved
    this.#started = true;
    this.#search.run(state);
  }

  #started = false;

  #controls() {
    $("#sort").addEventListener("change", () => this.go({ ...copy(this.#search.state), sort: $("#sort").value }));
    $("#in-stock").addEventListener("change", () => this.go({ ...copy(this.#search.state), inStock: $("#in-stock").checked }));
    $("#home").addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      this.#box.show("");
      this.go(emptyState());
    });
  }

  // drawer moves the filters into a dialog on narrow screens.
  #drawer() {
    const drawer = $("#drawer");
    modal(drawer);
    $("#open-filters").addEventListener("click", () => openModal(drawer));
    const wide = matchMedia("(min-width: 900px)");
    const place = () => {
      if (wide.matches) drawer.close();
      (wide.matches ? $("#sidebar") : $("#drawer-body")).append($("#filters"));
    };
    wide.addEventListener("change", place);
    place();
  }

  #endless() {
    const button = $("#more");
    button.addEventListener("click", () => {
      this.#focusNew = button.matches(":focus-visible");
      this.#search.more();
    });
    if (!("IntersectionObserver" in window)) return; // the button is there
    this.#end = new IntersectionObserver((entries) => {
      if (entries.at(-1).isIntersecting) this.#search.more();
    }, { rootMargin: "600px 0px" });
  }

  #end = null;
  #focusNew = false;

  #showMore() {
    $("#more").hidden = !this.#search.hasMore;
    $("#paging-error").hidden = true;
    // An observer tells of changes only. Begun anew, it tells how things are:
    // the end may be near still, or again.
    this.#end?.disconnect();
    this.#end?.observe($("#end"));
  }

  // What Search tells:

  searching(state) {
    $("#sort").value = state.sort;
    $("#in-stock").checked = state.inStock;
    showChips($("#chips"), state, this.#schema, (next) => this.go(next));
    const chosen = [...state.filters.values()].flat().length + Number(state.inStock);
    setText($("#filter-count"), chosen ? count(chosen) : "");
    document.title = state.q.trim() ? `${state.q.trim()} · Aisle` : "Aisle";
    if (this.#results.empty) {
      $("#state").replaceChildren();
      this.#results.skeleton();
    }
    this.#results.busy(true);
  }

  answered(state, answer) {
    this.#results.busy(false);
    this.#summary(state, answer);
    this.#results.show(answer.hits);
    notices($("#notice"), answer);
    $("#state").replaceChildren();
    if (answer.total === 0) nothingFound($("#state"), state, this.#schema, (next) => this.go(next), (q) => this.#box.show(q));
    this.#showMore();
    if (scrollY > $("#results-area").offsetTop) scrollTo({ top: 0 });
  }

  #summary(state, answer) {
    setText($("#count"), products(answer.total));
    setText($("#show-results"), answer.total ? `Show ${products(answer.total)}` : "Show results");
    setText($("#heading"), state.q.trim() ? `Results for “${state.q.trim()}”` : isFiltered(state) ? "Selected products" : "All products");
    this.#facets.show(state, answer.facets ?? []);
    showFreshness($("#freshness"), answer.index);
  }

  added(answer, { continued }) {
    const first = this.#results.add(answer.hits);
    if (continued) notices($("#notice"), { ...answer, continued });
    showFreshness($("#freshness"), answer.index);
    this.#showMore();
    if (this.#focusNew) first?.querySelector("a").focus();
    this.#focusNew = false;
  }

  refreshed(answer) {
    this.#summary(this.#search.state, answer);
    this.#results.update(answer.hits);
  }

  failed(problem) {
    this.#results.busy(false);
    this.#results.clear();
    setText($("#count"), "");
    setText($("#heading"), "Something went wrong");
    notices($("#notice"), null);
    $("#more").hidden = true;
    searchFailed($("#state"), problem, this.#search.state, () => this.#search.run(this.#search.state), (next) => this.go(next));
  }

  pagingFailed() {
    $("#more").hidden = false;
    $("#paging-error").hidden = false;
  }
}

async function start() {
  try {
    new Shop(await loadSchema()).start();
  } catch (problem) {
    searchFailed($("#state"), problem, emptyState(), () => location.reload());
  }
}

start();
