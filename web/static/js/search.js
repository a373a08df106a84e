// The conversation with /v1/search: one question at a time, late answers
// ignored, pages joined without a product shown twice.

import { call } from "./api.js";
import { emptyState, params } from "./state.js";

const PAGE = 24;
const CATCH_UP = 100; // page size while looking for the place where a list broke off
const VALUES = 16; // of a facet, and bars of a histogram
const EXPANDED = 200; // values of a facet that was opened in full
const LOOKS = 15; // of 2 s each, at a list that an order has changed
const LOST = new Set(["cursor-expired", "cursor-mismatch", "invalid-cursor"]);

// Search tells view what happens: searching(state), answered(state, answer),
// added(answer, {continued}), refreshed(answer), failed(problem),
// pagingFailed(problem).
export class Search {
  #schema;
  #view;
  #state = emptyState();
  #turn = 0; // a new question makes the answers to older ones void
  #abort = new AbortController();
  #next = null;
  #shown = new Set();
  #paging = false;
  #token = ""; // what the index must have seen, until it has
  expanded = new Set(); // facets to list in full

  constructor(schema, view) {
    this.#schema = schema;
    this.#view = view;
  }

  get state() {
    return this.#state;
  }

  get hasMore() {
    return this.#next !== null;
  }

  // run asks for the first page of a state.
  async run(state) {
    const turn = ++this.#turn;
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#state = state;
    this.#paging = false;
    this.#next = null;
    this.#view.searching(state);
    try {
      const answer = await this.#firstPage(state);
      if (turn !== this.#turn) return;
      this.#shown.clear();
      this.#view.answered(state, this.#take(answer));
    } catch (error) {
      if (turn === this.#turn && error.name !== "AbortError") this.#view.failed(error);
    }
  }

  // more asks for the page after the last one shown.
  async more() {
    if (this.#paging || this.#next === null) return;
    this.#paging = true;
    const turn = this.#turn;
    try {
      const { answer, continued } = await this.#nextPage();
      if (turn === this.#turn) this.#view.added(this.#take(answer), { continued });
    } catch (error) {
      if (turn === this.#turn && error.name !== "AbortError") this.#view.pagingFailed(error);
    } finally {
      if (turn === this.#turn) this.#paging = false;
    }
  }

  // refresh asks again for what is shown, once the index has seen token.
  async refresh(token) {
    const turn = this.#turn;
    this.#token = token || this.#token;
    for (let look = 1; turn === this.#turn; look++) {
      const answer = await this.#firstPage(this.#state);
      if (turn === this.#turn) this.#view.refreshed(answer);
      if (!answer.index.stale || look === LOOKS) return; // an index that is slow is asked again
    }
  }

  async #ask(query) {
    if (this.#token) {
      query.set("consistency", this.#token);
      query.set("wait_ms", "2000");
    }
    const { body } = await call(`/v1/search?${query}`, { signal: this.#abort.signal });
    if (!body.index.stale) this.#token = "";
    return body;
  }

  // firstPage asks for a page with its facets. Facets that were opened in full
  // are asked for apart: they are many values, and the others stay as they were.
  async #firstPage(state) {
    const query = this.#page(state, PAGE);
    query.set("facets", this.#schema.facets(state));
    query.set("facet_size", String(VALUES));
    const [answer, full] = await Promise.all([this.#ask(query), this.#full(state)]);
    return { ...answer, facets: answer.facets.map((facet) => full.get(facet.name) ?? facet) };
  }

  async #full(state) {
    const names = new Set(this.expanded);
    if (state.filters.has("category")) names.add("category"); // its children are many
    if (!names.size) return new Map();
    const query = this.#page(state, 1);
    query.delete("highlight");
    query.set("facets", [...names].join(","));
    query.set("facet_size", String(EXPANDED));
    const { facets } = await this.#ask(query);
    return new Map(facets.filter(({ kind }) => kind === "terms").map((facet) => [facet.name, facet]));
  }

  #page(state, limit) {
    const query = params(state);
    query.set("limit", String(limit));
    if (query.has("q")) query.set("highlight", "true");
    return query;
  }

  async #nextPage() {
    const query = this.#page(this.#state, PAGE);
    query.set("cursor", this.#next);
    try {
      const answer = await this.#ask(query);
      return { answer, continued: answer.paging === "keyset" };
    } catch (error) {
      if (!LOST.has(error.code)) throw error;
      return { answer: await this.#pickUp(), continued: true };
    }
  }

  // pickUp walks the list anew until it meets products not shown yet: a cursor
  // can outlive its index. The walk is as long as what was shown already.
  async #pickUp() {
    let cursor = null;
    for (;;) {
      const query = this.#page(this.#state, CATCH_UP);
      if (cursor) query.set("cursor", cursor);
      const answer = await this.#ask(query);
      if (answer.next === null || answer.hits.some((hit) => !this.#shown.has(hit.id))) return answer;
      cursor = answer.next;
    }
  }

  #take(answer) {
    this.#next = answer.next;
    const hits = answer.hits.filter((hit) => !this.#shown.has(hit.id));
    for (const hit of hits) this.#shown.add(hit.id);
    return { ...answer, hits };
  }
}
