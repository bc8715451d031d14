// The page of `tuneset serve`: jobs and files as the API tells of them, read again every two seconds while somebody looks.
// The address holds view and job, so that it can be shared.
"use strict";

const EVERY_MS = 2000;
const PAGE = 50;
const EVENTS = 1000; // a page of events
const SHOWN_EVENTS = 300;
const ENDED = ["succeeded", "failed", "cancelled"];
const VIEWS = ["jobs", "files", "chat", "evaluation"];

const state = { view: "jobs", job: null, jobs: [], moreJobs: false, mostJobs: PAGE, files: [], moreFiles: false, mostFiles: PAGE, followed: null, measure: null, timer: null, drawn: {} };

const when = (seconds) => (seconds ? new Date(seconds * 1000).toLocaleString("en-GB", { dateStyle: "short", timeStyle: "medium" }) : "–");
const moment = (seconds) => el("time", { dateTime: new Date(seconds * 1000).toISOString() }, when(seconds));
const badge = (status) => el("span", { class: `badge ${{ succeeded: "good", processed: "good", failed: "bad", error: "bad", running: "mark", paused: "warn" }[status] || ""}` }, status);

function sized(bytes) {
  for (const unit of ["B", "KiB", "MiB"]) {
    if (bytes < 1024) return `${Number(bytes.toPrecision(3)).toLocaleString("en")} ${unit}`;
    bytes /= 1024;
  }
  return `${Number(bytes.toPrecision(3))} GiB`;
}

// Draws again only what has changed, and leaves the focus where it was.
function redraw(box, name, value, draw) {
  const text = JSON.stringify(value);
  if (state.drawn[name] === text) return;
  state.drawn[name] = text;
  const held = box.contains(document.activeElement) ? document.activeElement.id : "";
  draw();
  if (held && held !== box.id && $(held)) $(held).focus();
}

// --- the address ---------------------------------------------------------------------------------------------------

function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const first = [...given.keys()][0];
  state.view = given.get("job") ? "jobs" : VIEWS.includes(first) ? first : "jobs";
  state.job = given.get("job");
  state.talkTo = given.get("model");
}

const go = (hash) => { location.hash = hash; };

// --- jobs ----------------------------------------------------------------------------------------------------------

async function readJobs() {
  const found = await listed("fine_tuning/jobs", state.mostJobs);
  [state.jobs, state.moreJobs] = [found.data, found.has_more];
  redraw($("job-list"), "jobs", [state.jobs, state.job], () => {
    $("job-list").replaceChildren(...state.jobs.map((job) =>
      el("li", { "data-job": job.id, "aria-current": String(job.id === state.job), onclick: () => go(`#job=${encodeURIComponent(job.id)}`) },
        el("div", { class: "name" }, job.user_provided_suffix || job.id),
        el("div", { class: "where" }, badge(job.status), el("span", {}, job.model), moment(job.created_at)))));
    if (!state.jobs.length) $("job-list").append(el("li", { class: "soft" }, "No job yet: any OpenAI client creates one here, or `tuneset tune`."));
  });
  $("job-count").textContent = `${count(state.jobs.length)}${state.moreJobs ? " newest" : ""} ${state.jobs.length === 1 ? "job" : "jobs"}`;
  $("more-jobs").hidden = !state.moreJobs;
}

async function readJob() {
  $("jobs").classList.toggle("reading", state.job !== null);
  if (state.job === null) {
    state.followed = null;
    redraw($("job"), "job", null, () => $("job").replaceChildren(el("p", { class: "empty" }, "Choose a job: j and k move, ? tells the keys.")));
    return;
  }
  if (!state.followed || state.followed.id !== state.job) {
    state.followed = { id: state.job, job: null, events: [], checkpoints: [] };
    state.drawn.job = undefined;
    readStep = null;
    $("job").replaceChildren(el("p", { class: "empty" }, "Reading…"));
    $("job").scrollIntoView({ block: "nearest" });
  }
  const followed = state.followed;
  if (followed.job && followed.complete) return;
  const path = `fine_tuning/jobs/${encodeURIComponent(followed.id)}`;
  try {
    followed.job = await ask(path);
    followed.checkpoints = (await ask(`${path}/checkpoints`)).data;
    for (let more = true; more;) {
      const last = followed.events.at(-1);
      const page = await ask(`${path}/events?order=asc&limit=${EVENTS}${last ? `&after=${encodeURIComponent(last.id)}` : ""}`);
      followed.events.push(...page.data);
      more = page.has_more && state.followed === followed;
    }
  } catch (error) {
    if (error.status !== 404) throw error;
    if (state.followed === followed) $("job").replaceChildren(back(), el("p", { class: "empty" }, "There is no such job."));
    return;
  }
  followed.complete = ENDED.includes(followed.job.status);
  if (state.followed === followed) drawJob(followed);
}

const back = () => el("button", { type: "button", id: "back", class: "back", onclick: () => go("#jobs") }, "← All jobs");

function drawJob({ job, events, checkpoints }) {
  redraw($("job"), "job", [job, checkpoints, events.length], () => {
    const place = $("events") ? $("events").scrollTop : 0;
    $("job").dataset.job = job.id;
    $("job").replaceChildren(...[back(), jobHead(job), job.error && job.error.message ? el("p", { class: "fault" }, shown(job.error.message)) : null,
      curves(events), facts(job), checkpointTable(checkpoints), eventList(events)].flat().filter(Boolean));
    if ($("events")) $("events").scrollTop = place;
    drawMeasure();
  });
}

function jobHead(job) {
  const act = (id, label, change) => el("button", { type: "button", id, onclick: () => changeJob(job, change) }, label);
  const does = ENDED.includes(job.status) ? [] : [
    job.status === "paused" ? act("resume", "Resume", "resume") : act("pause", "Pause", "pause"),
    el("button", { type: "button", id: "cancel", onclick: () => sure("Cancel this job?", "What it has trained so far goes no further.", "Cancel the job", () => changeJob(job, "cancel")) }, "Cancel")];
  if (job.fine_tuned_model) does.push(el("button", { type: "button", id: "talk", class: "primary", onclick: () => go(`#chat&model=${encodeURIComponent(job.fine_tuned_model)}`) }, "Talk to it"));
  return el("div", { class: "head" }, el("h2", {}, job.user_provided_suffix || job.id), badge(job.status), el("span", { class: "actions" }, does));
}

async function changeJob(job, change) {
  try {
    await ask(`fine_tuning/jobs/${encodeURIComponent(job.id)}/${change}`, { method: "POST", json: {} });
  } catch (error) { problem(error); }
  refresh();
}

function sure(title, text, label, act) {
  dialog(title, el("p", {}, text), actions(label, () => { close(); act(); }));
}

function facts(job) {
  const hyper = job.method && job.method[job.method.type] ? job.method[job.method.type].hyperparameters : job.hyperparameters;
  const told = {
    id: job.id, model: job.model, "made": job.fine_tuned_model, method: job.method && job.method.type,
    hyperparameters: Object.entries(hyper || {}).filter(([, value]) => value !== null).map(([name, value]) => `${name} ${value}`).join(", "),
    seed: job.seed, "training file": job.training_file, "validation file": job.validation_file, "result files": (job.result_files || []).join("\n"),
    "trained tokens": job.trained_tokens === null ? null : count(job.trained_tokens), created: when(job.created_at),
    finished: job.finished_at ? when(job.finished_at) : null, "expected end": job.estimated_finish ? when(job.estimated_finish) : null,
    metadata: job.metadata && Object.keys(job.metadata).length ? JSON.stringify(job.metadata) : null,
  };
  return [el("h3", {}, "Job"), el("dl", { class: "fields" }, Object.entries(told).filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => [el("dt", {}, name), el("dd", {}, shown(String(value)))]))];
}

function curves(events) {
  const found = curvesOf(events);
  if (!found.size) return null;
  const names = [...found.keys()].sort((one, two) => (two === "loss") - (one === "loss"));
  if (!names.includes(state.measure)) state.measure = names[0];
  const choice = names.length < 2 ? null : el("select", { id: "measure", "aria-label": "What is drawn", onchange: (event) => { state.measure = event.target.value; drawMeasure(); } },
    names.map((name) => el("option", { value: name, selected: name === state.measure }, name.replaceAll("_", " "))));
  return [el("h3", {}, names.length < 2 ? names[0].replaceAll("_", " ") : "", choice), el("div", { class: "chart", id: "chart" })];
}

function drawMeasure() {
  if (!$("chart") || !state.followed) return;
  const { events } = state.followed;
  const last = events.filter((event) => event.type === "metrics").at(-1);
  const focused = $("chart").contains(document.activeElement);
  drawCurves($("chart"), state.measure.replaceAll("_", " "), curvesOf(events).get(state.measure), last && last.data.total_steps);
  if (focused) $("chart").querySelector("svg[tabindex]").focus();
}

function checkpointTable(checkpoints) {
  if (!checkpoints.length) return null;
  const number = (value) => (typeof value === "number" ? value.toPrecision(4) : "–");
  return [el("h3", {}, "Checkpoints"), el("div", { class: "wide" }, el("table", { id: "checkpoints" },
    el("thead", {}, el("tr", {}, el("th", { class: "number" }, "Step"), el("th", {}, "Model"), el("th", { class: "number less" }, "Training loss"), el("th", { class: "number" }, "Validation loss"), el("th", {}))),
    el("tbody", {}, checkpoints.map((one) => el("tr", {}, el("td", { class: "number" }, count(one.step_number)), el("td", {}, one.fine_tuned_model_checkpoint),
      el("td", { class: "number less" }, number(one.metrics.train_loss)), el("td", { class: "number" }, number(one.metrics.full_valid_loss ?? one.metrics.valid_loss)),
      el("td", { class: "buttons" }, el("button", { type: "button", id: `talk-${one.id}`, "aria-label": `Talk to the model of step ${one.step_number}`, onclick: () => go(`#chat&model=${encodeURIComponent(one.fine_tuned_model_checkpoint)}`) }, "Talk")))))))];
}

function eventList(events) {
  const told = events.filter((event) => event.type !== "metrics").slice(-SHOWN_EVENTS).reverse();
  return [el("h3", {}, "Events"), el("ol", { id: "events", tabindex: 0, "aria-label": "Events, newest first" },
    told.map((event) => el("li", { class: event.level }, moment(event.created_at), el("span", {}, shown(event.message)))))];
}

// --- files ---------------------------------------------------------------------------------------------------------

async function readFiles() {
  const found = await listed("files", state.mostFiles);
  [state.files, state.moreFiles] = [found.data, found.has_more];
  redraw($("file-table"), "files", state.files, () => $("file-table").replaceChildren(
    el("thead", {}, el("tr", {}, el("th", {}, "Name"), el("th", {}, "Purpose"), el("th", { class: "number" }, "Size"), el("th", { class: "less" }, "Status"), el("th", { class: "less" }, "Created"), el("th", {}))),
    el("tbody", {}, state.files.map((file) => el("tr", { "data-file": file.id },
      el("td", {}, el("div", {}, shown(file.filename)), el("div", { class: "where" }, file.id, file.status_details ? el("span", { class: "badge bad" }, shown(file.status_details)) : null)),
      el("td", {}, file.purpose), el("td", { class: "number" }, sized(file.bytes)), el("td", { class: "less" }, badge(file.status)), el("td", { class: "less" }, moment(file.created_at)),
      el("td", { class: "buttons" },
        el("button", { type: "button", id: `get-${file.id}`, "aria-label": `Download ${file.filename}`, onclick: () => download(file) }, "Download"),
        el("button", { type: "button", id: `delete-${file.id}`, "aria-label": `Delete ${file.filename}`, onclick: () => sure("Delete this file?", file.filename, "Delete", () => removeFile(file)) }, "Delete")))))));
  $("file-count").textContent = `${count(state.files.length)}${state.moreFiles ? " newest" : ""} ${state.files.length === 1 ? "file" : "files"}`;
  $("more-files").hidden = !state.moreFiles;
}

async function download(file) {
  try {
    const address = URL.createObjectURL(await (await call(`files/${encodeURIComponent(file.id)}/content`)).blob());
    el("a", { href: address, download: file.filename }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  } catch (error) { problem(error); }
}

async function removeFile(file) {
  try { await ask(`files/${encodeURIComponent(file.id)}`, { method: "DELETE" }); } catch (error) { problem(error); }
  refresh();
}

async function upload() {
  const [file] = $("upload-file").files;
  if (!file) return;
  const form = new FormData();
  form.append("purpose", $("upload-purpose").value);
  form.append("file", file);
  try {
    say("Uploading…");
    const made = await ask("files", { method: "POST", form });
    say(`Uploaded: ${made.id}`);
    $("upload").reset();
    problem(null);
  } catch (error) { say(""); problem(error); }
  refresh();
}

// --- lists ---------------------------------------------------------------------------------------------------------

const listed = (path, most) => ask(`${path}?limit=${most}`);

function move(step) {
  if (state.view !== "jobs" || !state.jobs.length) return;
  const at = state.jobs.findIndex((job) => job.id === state.job);
  const next = state.jobs[at < 0 ? (step > 0 ? 0 : state.jobs.length - 1) : at + step];
  if (!next) return;
  history.replaceState(null, "", `#job=${encodeURIComponent(next.id)}`);
  refresh();
}

function help() {
  const keys = { "1 2 3 4": "Jobs, files, chat, evaluation", "j k": "next and previous job", "Enter": "to the job; sends in the chat", "Escape": "leaves a field or a job", "← →": "read single steps of a curve", "/": "to the message of the chat", "?": "this list" };
  dialog("Keys", el("dl", { class: "keys" }, Object.entries(keys).map(([key, does]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, does)])),
    el("p", { class: "soft" }, "Everything here is the OpenAI API at v1/ of this address; any client sees the same."),
    el("div", { class: "actions" }, el("button", { type: "button", onclick: close }, "Close")));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog").open) return;
  const typing = event.target instanceof Element && event.target.closest("input:not([type=checkbox]):not([type=file]), textarea, select");
  if (event.key === "Escape") {
    if (typing) event.target.blur();
    else if (state.job !== null) { go("#jobs"); $("job-list").focus(); }
    return;
  }
  if (typing) return;
  const view = VIEWS[Number(event.key) - 1];
  const does = view ? () => go(`#${view}`) : { j: () => move(1), k: () => move(-1), "?": help, "/": () => { if (state.view !== "chat") { go("#chat"); refresh(); } $("question").focus(); } }[event.key];
  if (does) { event.preventDefault(); does(); }
  else if (event.key === "Enter" && event.target === $("job-list")) { if (state.job === null) move(1); $("job").focus(); }
});

// --- all together --------------------------------------------------------------------------------------------------

const READ = { jobs: async () => { await readJobs(); await readJob(); }, files: readFiles, chat: async () => { await offerModels(state.talkTo); state.talkTo = null; }, evaluation: async () => {} };

async function refresh() {
  clearTimeout(state.timer);
  readAddress();
  const asked = state.asked = {};
  for (const view of VIEWS) $(view).hidden = view !== state.view;
  for (const link of $("views").children) {
    if (link.hash === `#${state.view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (state.view === "evaluation" && !$("evaluation").children.length) drawEvaluation();
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
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); $("main").focus(); });
$("forget").hidden = !heldKey;
$("forget").addEventListener("click", () => { holdKey(null); location.reload(); });
$("help").addEventListener("click", help);
$("upload").addEventListener("submit", (event) => { event.preventDefault(); upload(); });
$("more-jobs").addEventListener("click", () => { state.mostJobs += PAGE; refresh(); });
$("more-files").addEventListener("click", () => { state.mostFiles += PAGE; refresh(); });
new ResizeObserver(() => drawMeasure()).observe($("job"));
window.addEventListener("hashchange", refresh);
refresh();
