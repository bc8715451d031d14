// Talks to the endpoint this page came from, by the API that every client uses. A key stays in this tab: in memory and in
// sessionStorage, which is gone with the tab.
"use strict";

const KEY = "tuneset key";
let heldKey = sessionStorage.getItem(KEY);

async function call(path, { method = "GET", json, form, signal, range, once } = {}) {
  const headers = heldKey ? { authorization: `Bearer ${heldKey}` } : {};
  if (range) headers.range = range;
  if (once) headers["idempotency-key"] = once;
  if (json !== undefined) headers["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch(`v1/${path}`, { method, headers, body: json === undefined ? form : JSON.stringify(json), signal, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server cannot be reached.");
  }
  if (answer.ok) return answer;
  let told = null;
  try { told = (await answer.json()).error; } catch { /* an answer of a server in between */ }
  const fault = new Error((told && told.message) || `The server answered with status ${answer.status}.`);
  fault.status = answer.status;
  fault.param = told && told.param;
  if (answer.status === 401) askKey(heldKey ? "This key is wrong." : null);
  throw fault;
}

// Names one wish, so that it is fulfilled once however often it is sent. (randomUUID is there over HTTPS alone.)
const newWish = () => [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(16).padStart(8, "0")).join("");

const ask = async (path, given) => (await call(path, given)).json();

function holdKey(key) {
  heldKey = key;
  if (key) sessionStorage.setItem(KEY, key);
  else sessionStorage.removeItem(KEY);
  $("forget").hidden = !key;
  state.drawn = {};
}

function askKey(why) {
  if ($("dialog").open && $("key")) return;
  const field = el("input", { id: "key", type: "password", autocomplete: "off", required: true });
  const use = () => { if (field.value.trim()) { holdKey(field.value.trim()); close(); problem(null); refresh(); } };
  dialog("This server asks for a key", el("form", { method: "dialog", onsubmit: (event) => { event.preventDefault(); use(); } },
    why ? el("p", { class: "fault", role: "alert" }, why) : null,
    el("label", {}, "Key ", field), el("p", { class: "soft" }, "It stays in this tab and goes to this server alone."),
    actions("Use it", use)));
}

// A list is read a page at a time, newest first: however many files and jobs there are, one page is asked for and drawn.
const PAGE = 50;

// `before` are the last ids of the pages that were left behind.
const pagedList = (path, filter = {}) => ({ path, filter, before: [], data: [], more: false });

async function readPage(list) {
  const asked = [...list.before];
  const query = new URLSearchParams({ limit: PAGE, ...list.filter });
  if (asked.length) query.set("after", asked.at(-1));
  const found = await ask(`${list.path}?${query}`);
  if (asked.join() !== list.before.join()) return;
  [list.data, list.more] = [found.data, found.has_more];
  if (!list.data.length && list.before.length) { list.before.pop(); await readPage(list); }
}

// What a stream of server-sent events says, one document each.
async function* streamed(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        if (!line.startsWith("data:")) continue;
        const data = line.slice(5).trim();
        if (data === "[DONE]") return;
        yield JSON.parse(data);
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
