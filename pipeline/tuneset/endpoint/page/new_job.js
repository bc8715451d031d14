// A new job: its files, base model, method and hyperparameters. The server is asked what it would say of the job at every
// change, before there is one; the address may name a model, a file, or a job whose choices are taken over.
"use strict";

const FILES_OFFERED = 100;
const METHODS = { supervised: "supervised: answers to learn", dpo: "dpo: pairs of a preferred and another answer", kto: "kto: single answers, good or bad", reinforcement: "reinforcement: answers that a grader scores" };
const HYPER = {
  n_epochs: ["Epochs", { min: 1, max: 50, step: 1 }], batch_size: ["Batch size", { min: 1, step: 1 }], learning_rate_multiplier: ["Learning rate multiplier", { min: 0, step: "any" }],
  beta: ["Beta", { min: 0, max: 2, step: "any" }], compute_multiplier: ["Compute multiplier", { min: 0, max: 10, step: "any" }], eval_interval: ["Evaluate every (steps)", { min: 1, step: 1 }], eval_samples: ["Samples of an evaluation", { min: 1, step: 1 }],
};
const HYPER_OF = { supervised: [], dpo: ["beta"], kto: ["beta"], reinforcement: ["compute_multiplier", "eval_interval", "eval_samples"] };
const GRADER = { type: "string_check", name: "same", input: "{{sample.output_text}}", reference: "{{item.answer}}", operation: "eq" };
const making = { asked: null, files: [], checked: null, timer: null, wish: null };

async function drawNewJob() {
  const asked = JSON.stringify(state.making);
  if (making.asked === asked && $("new-job")) return;
  making.asked = asked;
  const given = { ...state.making };
  const [{ data: known }, { data: offered }] = await Promise.all([ask("models"), ask(`files?purpose=fine-tune&limit=${FILES_OFFERED}`)]);
  let like = null;
  if (given.like) { try { like = await ask(`fine_tuning/jobs/${encodeURIComponent(given.like)}`); } catch (error) { if (error.status !== 404) throw error; } }
  if (JSON.stringify(state.making) !== asked) return;
  making.files = offered;
  making.wish = newWish();
  for (const id of [given.file, like && like.training_file, like && like.validation_file]) {
    if (id && !making.files.some((file) => file.id === id)) { const file = await fileOf(id); if (!file.gone) making.files.push(file); }
  }
  const names = known.map((one) => one.id);
  const model = el("select", { id: "new-model" }, ["base", "tuned", "checkpoint"].map((kind) => {
    const some = names.filter((name) => kindOf(name) === kind);
    if (kind !== "base") some.reverse();
    return some.length ? el("optgroup", { label: { base: "Base models", tuned: "Tuned models, to go on from", checkpoint: "Checkpoints" }[kind] }, some.map((name) => el("option", { value: name }, name))) : null;
  }));
  const field = (label, input, note) => el("div", { class: "field" }, el("label", { for: input.id }, label), input, note ? el("p", { class: "soft" }, note) : null);
  const method = el("select", { id: "new-method" }, Object.entries(METHODS).map(([name, told]) => el("option", { value: name }, told)));
  $("job").removeAttribute("data-job");
  $("job").replaceChildren(back("#jobs", "All jobs"), el("form", { id: "new-job", onsubmit: (event) => { event.preventDefault(); startJob(); }, oninput: () => { showMethod(); checkSoon(); } },
    el("h2", {}, "New job"),
    field("Training file", el("select", { id: "new-training", required: true })),
    dropZone("new-upload", "Or bring one here: drop a .jsonl file", { accept: ".jsonl" }, (chosen) => uploadHere(chosen[0], "new-training")),
    el("details", { id: "first-example" }, el("summary", {}, "The first example of this file"), el("pre", { tabindex: 0, "aria-label": "The first example" })),
    field("Validation file", el("select", { id: "new-validation" })),
    dropZone("new-upload-validation", "Or bring one here: drop a .jsonl file", { accept: ".jsonl" }, (chosen) => uploadHere(chosen[0], "new-validation")),
    el("div", { id: "new-progress" }),
    el("div", { class: "columns" }, field("Base model", model), field("Method", method)),
    el("div", { class: "field", id: "grader-field", hidden: true }, el("label", { for: "new-grader" }, "Grader (JSON)"), el("textarea", { id: "new-grader", rows: 7, spellcheck: false }, JSON.stringify(GRADER, null, 2))),
    el("fieldset", {}, el("legend", {}, "Hyperparameters"), el("p", { class: "soft" }, "What is left empty the server chooses."),
      el("div", { class: "columns" }, Object.entries(HYPER).map(([name, [label, bounds]]) => el("div", { class: "field", "data-hyper": name }, el("label", { for: `new-${name}` }, label), el("input", { id: `new-${name}`, type: "number", placeholder: "auto", ...bounds }))))),
    field("Stop early after so many epochs without a better validation", el("input", { id: "new-patience", type: "number", min: 1, max: 50, step: 1, placeholder: "all epochs are done" }), "The model is the best checkpoint then. It needs a validation file."),
    el("div", { class: "columns" }, field("Suffix of the model's name", el("input", { id: "new-suffix", type: "text", maxLength: 64, autocomplete: "off", spellcheck: false })), field("Seed", el("input", { id: "new-seed", type: "number", min: 0, max: 2147483647, step: 1, placeholder: "chosen by chance" }))),
    el("p", { id: "new-finding", role: "status", "aria-live": "polite" }),
    el("div", { class: "actions" }, el("a", { class: "button", href: "#jobs" }, "Leave"), el("button", { type: "submit", class: "primary", id: "start" }, "Start the job"))));
  offerFiles();
  takeOver(given, like);
  showMethod();
  checkSoon();
  $("new-training").focus();
}

function offerFiles() {
  for (const [id, none] of [["new-training", "choose one"], ["new-validation", "none"]]) {
    const held = $(id).value;
    $(id).replaceChildren(el("option", { value: "" }, none), ...making.files.map((file) => el("option", { value: file.id }, `${file.filename} · ${sized(file.bytes)} · ${when(file.created_at)}${file.status === "error" ? " · faulty" : ""}`)));
    $(id).value = held;
  }
}

function takeOver(given, like) {
  const chosen = like && like.method ? like.method.type : "supervised";
  const values = { "new-training": given.file || (like && like.training_file) || "", "new-validation": (like && like.validation_file) || "", "new-model": given.model || (like && like.model), "new-method": chosen, "new-suffix": (like && like.user_provided_suffix) || "", "new-seed": like ? like.seed : "", "new-patience": like && like.early_stopping ? like.early_stopping.patience : "" };
  for (const [id, value] of Object.entries(values)) if (value !== null && value !== undefined && value !== "") $(id).value = value;
  if (!$("new-model").value) $("new-model").selectedIndex = 0;
  const held = like && like.method ? like.method[chosen] : null;
  for (const [name, value] of Object.entries((held && held.hyperparameters) || {})) if (typeof value === "number" && $(`new-${name}`)) $(`new-${name}`).value = value;
  if (held && held.grader) $("new-grader").value = JSON.stringify(held.grader, null, 2);
}

function showMethod() {
  const method = $("new-method").value;
  $("grader-field").hidden = method !== "reinforcement";
  for (const box of document.querySelectorAll("[data-hyper]")) {
    const name = box.dataset.hyper;
    box.hidden = !(["n_epochs", "batch_size", "learning_rate_multiplier"].includes(name) || HYPER_OF[method].includes(name));
  }
}

async function uploadHere(file, id) {
  const bar = el("progress", { max: 1, value: 0, "aria-label": `Upload of ${file.name}` });
  $("new-progress").replaceChildren(el("p", { class: "progress" }, bar, " ", shown(file.name)));
  try {
    const made = await sendFile(file, "fine-tune", (done) => { bar.value = done; });
    if (!$("new-job")) return;
    making.files.unshift(made);
    offerFiles();
    $(id).value = made.id;
    $("new-progress").replaceChildren();
    checkSoon();
  } catch (error) {
    if ($("new-job")) $("new-progress").replaceChildren(el("p", { class: "fault", role: "alert" }, shown(`${file.name}: ${error.message}`)));
  }
}

// The body of the job as it is filled in. Throws where the grader is no JSON.
function wantedJob() {
  const type = $("new-method").value;
  const hyperparameters = Object.fromEntries(Object.keys(HYPER).filter((name) => !$(`new-${name}`).closest("[data-hyper]").hidden && $(`new-${name}`).value !== "").map((name) => [name, Number($(`new-${name}`).value)]));
  const own = { hyperparameters };
  if (type === "reinforcement") {
    try { own.grader = JSON.parse($("new-grader").value); } catch { throw new Error("The grader is no JSON."); }
  }
  const body = { model: $("new-model").value, training_file: $("new-training").value, method: { type, [type]: own } };
  if ($("new-validation").value) body.validation_file = $("new-validation").value;
  if ($("new-suffix").value.trim()) body.suffix = $("new-suffix").value.trim();
  if ($("new-patience").value !== "") body.early_stopping = { patience: Number($("new-patience").value) };
  if ($("new-seed").value !== "") body.seed = Number($("new-seed").value);
  return body;
}

function tellFinding(text, kind) {
  if (!$("new-finding")) return;
  $("new-finding").className = kind;
  $("new-finding").replaceChildren(...shown(text));
}

function checkSoon() {
  clearTimeout(making.timer);
  making.timer = setTimeout(checkWanted, 250);
}

async function checkWanted() {
  if (!$("new-job")) return;
  showFirstExample();
  const file = making.files.find((one) => one.id === $("new-training").value);
  if (!file) { making.checked = null; tellFinding("Choose a training file: JSON lines, at least ten examples.", "soft"); return; }
  let body;
  try { body = wantedJob(); } catch (error) { tellFinding(error.message, "fault"); return; }
  const text = JSON.stringify(body);
  if (making.checked === text) return;
  making.checked = text;
  tellFinding("Checking the files…", "soft");
  let told;
  try {
    const { error } = await ask("fine_tuning/jobs/check", { method: "POST", json: body });
    told = error ? [error.message, "fault"] : ["The files are right for this job.", "fine"];
  } catch (error) { told = [error.message, "fault"]; }
  if (making.checked === text) tellFinding(...told);
}

async function showFirstExample() {
  const id = $("new-training").value;
  const box = $("first-example");
  box.hidden = !id;
  if (!id || box.dataset.file === id) return;
  box.dataset.file = id;
  const pre = box.querySelector("pre");
  try {
    const [line] = (await (await call(`files/${encodeURIComponent(id)}/content`, { range: `bytes=0-${HEAD_BYTES - 1}` })).text()).trimStart().split("\n", 1);
    let text = line;
    try { text = JSON.stringify(JSON.parse(line), null, 2); } catch { /* cut off, or broken: as it is */ }
    if (box.dataset.file === id) pre.replaceChildren(...shown(text));
  } catch (error) { pre.textContent = error.message; }
}

async function startJob() {
  $("start").disabled = true;
  try {
    const made = await ask("fine_tuning/jobs", { method: "POST", json: wantedJob(), once: `page-${making.wish}` });
    making.asked = null;
    jobs.before = [];
    go(`#job=${encodeURIComponent(made.id)}`);
  } catch (error) {
    making.wish = newWish();
    if ($("start")) { tellFinding(error.message, "fault"); $("start").disabled = false; }
  }
}
