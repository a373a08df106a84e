// Talking to Aisle's API: problem documents become Problem errors, and a key,
// where the server asks for one, goes along.

const KEY = "aisle-key";

// Problem is an answer that was not what was asked for. Status 0 means that no
// answer came.
export class Problem extends Error {
  constructor(status, body = {}, retryAfter = 0) {
    super(body.detail || body.title || (status ? `The server answered ${status}` : "The server cannot be reached"));
    this.status = status;
    this.code = String(body.type ?? "").split(/[/:#]/).pop();
    this.errors = body.errors ?? [];
    this.body = body;
    this.retryAfter = retryAfter; // seconds
  }
}

export function setKey(key) {
  if (key) sessionStorage.setItem(KEY, key);
  else sessionStorage.removeItem(KEY);
}

// call asks for path and returns {body, headers}. It rejects with a Problem, or
// with an AbortError when signal ended it.
export async function call(path, { method = "GET", json, headers = {}, signal } = {}) {
  const key = sessionStorage.getItem(KEY);
  const init = { method, signal, headers: { Accept: "application/json", ...headers } };
  if (key) init.headers.Authorization = `Bearer ${key}`;
  if (json !== undefined) {
    init.body = JSON.stringify(json);
    init.headers["Content-Type"] = "application/json";
  }
  let response, body;
  try {
    response = await fetch(path, init);
    body = await response.text();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0);
  }
  const parsed = parse(body);
  if (!response.ok) throw new Problem(response.status, parsed ?? {}, Number(response.headers.get("Retry-After")) || 0);
  return { body: parsed, headers: response.headers };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// randomKey is 128 random bits as text. crypto.randomUUID exists on secure
// origins only; a shop tried out over plain HTTP in a local network has none.
export function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

// pause resolves after ms, and rejects when signal ends first.
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("aborted", "AbortError"));
    }, { once: true });
  });
}
