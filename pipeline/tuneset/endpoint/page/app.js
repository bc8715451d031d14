// The page of `tuneset serve`: what the API tells of, read again every two seconds while somebody looks.
// The address holds what is looked at, so that it can be shared; it never holds a key.
"use strict";

const EVERY_MS = 2000;
const VIEWS = ["jobs", "files", "models", "chat", "evaluation", "batches", "stores"];
const WITHIN = { job: "jobs", new: "jobs", batch: "batches", store: "stores" }; // the view of what an address names
const state = { view: "jobs", job: null, making: null, batch: null, store: null, evaluation: null, followed: null, beside: null, measure: null, timer: null, drawn: {} };

// --- the address ---------------------------------------------------------------------------------------------------

function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const first = [...given.keys()][0];
  state.making = first === "new" ? Object.fromEntries([...given].slice(1)) : null;
  state.view = Object.hasOwn(WITHIN, first) ? WITHIN[first] : VIEWS.includes(first) ? first : "jobs";
  for (const one of ["job", "batch", "store"]) state[one] = first === one ? given.get(one) || null : null;
  state.evaluation = first === "evaluation" ? given.get("evaluation") || null : null;
  [state.talkBase, state.talkTo] = first === "chat" ? [given.get("base"), given.get("model")] : [null, null];
}

const go = (hash) => { location.hash = hash; };

// What is looked at in each view, and where j and k move.
const WHERE = { jobs: "job", evaluation: "evaluation", batches: "batch", stores: "store" };
const MOVES = { jobs: [jobs, "job", "job-list"], batches: [batches.list, "batch", "batch-list"], stores: [stores.list, "store", "store-list"] };

// --- keys ----------------------------------------------------------------------------------------------------------

function help() {
  const keys = { "1 … 7": "Jobs, files, models, chat, evaluations, batches, vector stores", "j k": "next and previous job, batch, vector store", "n": "begin a job", "Enter": "sends in the chat", "Escape": "leaves a field, a job or what else is looked at", "← →": "read single steps of a curve", "/": "to the message of the chat", "?": "this list" };
  dialog("Keys", el("dl", { class: "keys" }, Object.entries(keys).map(([key, does]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, does)])),
    el("p", { class: "soft" }, "Everything here is the OpenAI API at v1/ of this address; any client sees the same."),
    el("div", { class: "actions" }, el("button", { type: "button", onclick: close }, "Close")));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog").open) return;
  const typing = event.target instanceof Element && event.target.closest("input:not([type=checkbox]):not([type=file]), textarea, select");
  if (event.key === "Escape") {
    if (typing) event.target.blur();
    else if (state.making !== null) go("#jobs");
    else if (state[WHERE[state.view]]) go(`#${state.view}`);
    return;
  }
  if (typing) return;
  const view = VIEWS[Number(event.key) - 1];
  const does = view ? () => go(`#${view}`) : { n: () => go("#new"), "?": help, "/": () => { if (state.view !== "chat") { go("#chat"); refresh(); } $("question").focus(); },
    ...(state.view in MOVES ? { j: () => moveIn(...MOVES[state.view], 1), k: () => moveIn(...MOVES[state.view], -1) } : {}) }[event.key];
  if (does) { event.preventDefault(); does(); }
});

// --- all together --------------------------------------------------------------------------------------------------

const READ = {
  jobs: async () => { await readJobs(); await readJob(); },
  files: readFiles,
  models: readModels,
  chat: async () => { await offerModels(state.talkBase, state.talkTo); },
  evaluation: readEvaluation,
  batches: readBatches,
  stores: readStores,
};

async function refresh() {
  clearTimeout(state.timer);
  const before = location.hash !== state.hash;
  state.hash = location.hash;
  readAddress();
  if (!before) [state.talkBase, state.talkTo] = [null, null]; // chosen once, not at every look
  const asked = state.asked = {};
  for (const view of VIEWS) $(view).hidden = view !== state.view;
  for (const link of $("views").children) {
    if (link.hash === `#${state.view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  try {
    await READ[state.view]();
    if (state.failing) problem(null);
    state.failing = false;
  } catch (error) {
    state.failing = true;
    problem(error.status === 401 ? null : error);
  }
  if (asked === state.asked) state.timer = setTimeout(tick, EVERY_MS);
}

function tick() {
  if (document.hidden || ($("dialog").open && $("key"))) state.timer = setTimeout(tick, EVERY_MS);
  else refresh();
}

listenToChat();
listenToFiles();
listenToModels();
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); $("main").focus(); });
$("forget").hidden = !heldKey;
$("forget").addEventListener("click", () => { holdKey(null); location.reload(); });
$("help").addEventListener("click", help);
for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault()); // beside a place for files, a file would replace the page
new ResizeObserver(() => drawMeasure()).observe($("job"));
window.addEventListener("hashchange", refresh);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
refresh();
