// Fine-tuning jobs: their list, and one of them with its curves while it trains, checkpoints, events and results.
"use strict";

const EVENTS = 1000; // a page of events
const SHOWN_EVENTS = 300;
const ENDED = ["succeeded", "failed", "cancelled"];
const jobs = pagedList("fine_tuning/jobs");

async function readJobs() {
  await readPage(jobs);
  drawEntries($("job-list"), jobs, "job", state.job,
    (job) => [shown(job.user_provided_suffix || job.id), badge(job.status), el("span", {}, shown(job.model)), moment(job.created_at)],
    "No job yet. Begin one here, by any OpenAI client, or by `tuneset tune`.");
  drawPager($("job-count"), jobs, "job");
}

async function readJob() {
  $("jobs").classList.toggle("reading", state.job !== null || state.making !== null);
  if (state.making !== null) {
    state.followed = null;
    state.drawn.job = undefined;
    await drawNewJob();
    return;
  }
  if (state.job === null) {
    state.followed = null;
    redraw($("job"), "job", null, () => {
      delete $("job").dataset.job;
      $("job").replaceChildren(el("p", { class: "empty" }, "Choose a job, or begin a new one. Keys: j and k move, n begins one, ? tells all."));
    });
    return;
  }
  if (!state.followed || state.followed.id !== state.job) {
    state.followed = { id: state.job, job: null, events: [], checkpoints: [], files: [] };
    state.drawn.job = undefined;
    readStep = null;
    $("job").replaceChildren(el("p", { class: "empty" }, "Reading…"));
    $("job").scrollIntoView({ block: "nearest" });
  }
  const followed = state.followed;
  if (followed.job && followed.complete) {
    followed.evaluations = await evaluationsOf(followed.job); // they come when all else is over
    if (state.followed === followed) drawJob(followed);
    return;
  }
  const path = `fine_tuning/jobs/${encodeURIComponent(followed.id)}`;
  try {
    followed.job = await ask(path);
    followed.checkpoints = (await ask(`${path}/checkpoints`)).data;
    await readEvents(followed, () => state.followed === followed);
    followed.inputs = followed.inputs || await Promise.all([followed.job.training_file, followed.job.validation_file].filter(Boolean).map(fileOf));
    followed.files = await Promise.all((followed.job.result_files || []).map(fileOf));
    followed.evaluations = await evaluationsOf(followed.job);
  } catch (error) {
    if (error.status !== 404) throw error;
    if (state.followed === followed) $("job").replaceChildren(back("#jobs", "All jobs"), el("p", { class: "empty" }, "There is no such job."));
    return;
  }
  followed.complete = ENDED.includes(followed.job.status);
  if (state.followed === followed) drawJob(followed);
}

// Reads the events that are new, while they are `wanted`.
async function readEvents(followed, wanted) {
  for (let more = true; more;) {
    const last = followed.events.at(-1);
    const page = await ask(`fine_tuning/jobs/${encodeURIComponent(followed.id)}/events?order=asc&limit=${EVENTS}${last ? `&after=${encodeURIComponent(last.id)}` : ""}`);
    followed.events.push(...page.data);
    more = page.has_more && wanted();
  }
}

// Draws the curves of another job beside those of this one.
async function compareWith(id) {
  const other = jobs.data.find((job) => job.id === id);
  const beside = state.beside = other ? { id, name: briefly(other), events: [] } : null;
  try { if (beside) await readEvents(beside, () => state.beside === beside); } catch (error) { problem(error); }
  drawMeasure();
}

const evaluationsOf = async (job) => (job.fine_tuned_model ? (await readEvaluations()).filter(([, figures]) => figures.tuned === job.fine_tuned_model) : []);

const briefly = (job) => job.user_provided_suffix || `${job.id.slice(0, 14)}…`;

function drawJob(followed) {
  const { job, events, checkpoints, inputs, files, evaluations: found } = followed;
  redraw($("job"), "job", [job, checkpoints, events.length, files, found], () => {
    const place = $("events") ? $("events").scrollTop : 0;
    $("job").dataset.job = job.id;
    $("job").replaceChildren(...[back("#jobs", "All jobs"), jobHead(job), job.error && job.error.message ? el("p", { class: "fault" }, shown(job.error.message)) : null,
      progress(job, events), curves(events), facts(job, inputs), fileList("results", "Result files", files), checkpointTable(checkpoints), evaluationList(job, found), eventList(events)].flat().filter(Boolean));
    if ($("events")) $("events").scrollTop = place;
    drawMeasure();
  });
}

function jobHead(job) {
  const act = (id, label, change) => el("button", { type: "button", id, onclick: () => changeJob(job, change) }, label);
  const does = ENDED.includes(job.status) ? [] : [
    job.status === "paused" ? act("resume", "Resume", "resume") : act("pause", "Pause", "pause"),
    el("button", { type: "button", id: "cancel", onclick: () => sure("Cancel this job?", "What it has trained so far goes no further.", "Cancel the job", () => changeJob(job, "cancel")) }, "Cancel")];
  if (job.fine_tuned_model) {
    does.push(el("button", { type: "button", id: "talk", class: "primary", onclick: () => go(`#chat&base=${encodeURIComponent(job.model)}&model=${encodeURIComponent(job.fine_tuned_model)}`) }, "Talk to it"),
      el("button", { type: "button", id: "use", onclick: () => showUse(job.fine_tuned_model) }, "Use it…"),
      el("button", { type: "button", id: "weights", onclick: () => downloadWeights(job.fine_tuned_model) }, "Download"));
  }
  if (ENDED.includes(job.status)) does.push(el("button", { type: "button", id: "again", onclick: () => go(`#new&like=${encodeURIComponent(job.id)}`) }, "Again…"));
  return el("div", { class: "head" }, el("h2", {}, shown(job.user_provided_suffix || job.id)), badge(job.status), el("span", { class: "actions" }, does));
}

async function changeJob(job, change) {
  try {
    await ask(`fine_tuning/jobs/${encodeURIComponent(job.id)}/${change}`, { method: "POST", json: {} });
    problem(null);
  } catch (error) { problem(error); }
  refresh();
}

// How far a running job is, by its last event of metrics.
function progress(job, events) {
  const last = events.findLast((event) => event.data && event.data.total_steps);
  if (ENDED.includes(job.status) || !last) return null;
  const { step, total_steps: all } = last.data;
  return el("p", { class: "progress" }, el("progress", { max: all, value: step, "aria-label": "Steps that are done" }),
    ` step ${count(step)} of ${count(all)}`, job.estimated_finish ? `, done at about ${when(job.estimated_finish)}` : "");
}

function facts(job, inputs) {
  const named = (id) => { const file = inputs.find((one) => one.id === id); return id && (file.gone ? `${id}, deleted since` : `${file.filename} (${id})`); };
  const hyper = job.method && job.method[job.method.type] ? job.method[job.method.type].hyperparameters : job.hyperparameters;
  const told = {
    id: job.id, model: job.model, "made": job.fine_tuned_model, method: job.method && job.method.type,
    hyperparameters: Object.entries(hyper || {}).filter(([, value]) => value !== null).map(([name, value]) => `${name} ${value}`).join(", "),
    "early stopping": job.early_stopping ? `after ${plural(job.early_stopping.patience, "epoch")} without a better validation` : null,
    seed: job.seed, "training file": named(job.training_file), "validation file": named(job.validation_file),
    "trained tokens": job.trained_tokens === null ? null : count(job.trained_tokens), created: when(job.created_at),
    finished: job.finished_at ? when(job.finished_at) : null,
    metadata: job.metadata && Object.keys(job.metadata).length ? JSON.stringify(job.metadata) : null,
  };
  return [el("h3", {}, "Job"), fieldList(told)];
}

function curves(events) {
  const found = curvesOf(events);
  if (!found.size) return null;
  const names = [...found.keys()].sort((one, two) => (two === "loss") - (one === "loss"));
  if (!names.includes(state.measure)) state.measure = names[0];
  const choice = names.length < 2 ? null : el("select", { id: "measure", "aria-label": "What is drawn", onchange: (event) => { state.measure = event.target.value; drawMeasure(); } },
    names.map((name) => el("option", { value: name, selected: name === state.measure }, name.replaceAll("_", " "))));
  const others = jobs.data.filter((job) => job.id !== state.job && !["validating_files", "queued"].includes(job.status));
  const beside = others.length ? el("label", { class: "beside" }, "beside ", el("select", { id: "beside", onchange: (event) => compareWith(event.target.value) },
    el("option", { value: "" }, "no other job"), others.map((job) => el("option", { value: job.id, selected: state.beside && state.beside.id === job.id }, briefly(job))))) : null;
  return [el("div", { class: "bar" }, el("h3", {}, names.length < 2 ? names[0].replaceAll("_", " ") : "", choice), beside), el("div", { class: "chart", id: "chart" })];
}

function drawMeasure() {
  if (!$("chart") || !state.followed) return;
  const { events } = state.followed;
  const last = events.findLast((event) => event.type === "metrics");
  const focused = $("chart").contains(document.activeElement);
  const sides = curvesOf(events).get(state.measure);
  const other = state.beside && state.beside.id !== state.job ? curvesOf(state.beside.events).get(state.measure) : null;
  if (other) for (const [side, points] of other) if (points.length) sides.set(BESIDE + side, points);
  drawCurves($("chart"), state.measure.replaceAll("_", " "), sides, last && last.data.total_steps);
  if (focused) $("chart").querySelector("svg[tabindex]").focus();
}

function checkpointTable(checkpoints) {
  if (!checkpoints.length) return null;
  const number = (value) => (typeof value === "number" ? value.toPrecision(4) : "–");
  const does = (one, word, label, act) => el("button", { type: "button", id: `${word}-${one.id}`, "aria-label": `${label} the model of step ${one.step_number}`, onclick: () => act(one.fine_tuned_model_checkpoint) }, label.split(" ")[0]);
  return [el("h3", {}, "Checkpoints"), el("div", { class: "wide" }, el("table", { id: "checkpoints" },
    el("thead", {}, el("tr", {}, el("th", { class: "number" }, "Step"), el("th", {}, "Model"), el("th", { class: "number less" }, "Training loss"), el("th", { class: "number" }, "Validation loss"), el("th", {}, el("span", { class: "hidden" }, "Actions")))),
    el("tbody", {}, checkpoints.map((one) => el("tr", {}, el("td", { class: "number" }, count(one.step_number)), el("td", {}, shown(one.fine_tuned_model_checkpoint)),
      el("td", { class: "number less" }, number(one.metrics.train_loss)), el("td", { class: "number" }, number(one.metrics.full_valid_loss ?? one.metrics.valid_loss)),
      el("td", { class: "buttons" }, does(one, "talk", "Talk to", (name) => go(`#chat&model=${encodeURIComponent(name)}`)), does(one, "use", "Use", showUse), does(one, "weights", "Download", downloadWeights)))))))];
}

function evaluationList(job, found) {
  if (!job.fine_tuned_model) return null;
  return [el("h3", {}, "Did it help?"), found.length ? el("ul", { id: "job-evaluations" }, found.map(([file, figures]) => el("li", {},
    el("a", { href: `#evaluation=${encodeURIComponent(file.id)}` }, `gain ${signed(figures.gain)}`), " ", verdictBadge(figures), el("span", { class: "soft" }, ` against ${figures.base}, ${plural(figures.cases, "question")}`))))
    : el("p", { class: "soft" }, "Not evaluated yet: ", el("code", {}, "tuneset evaluate"), " asks base and tuned model the validation questions and leaves what it finds here.")];
}

function eventList(events) {
  const told = events.filter((event) => event.type !== "metrics").slice(-SHOWN_EVENTS).reverse();
  return [el("h3", {}, "Events"), el("ol", { id: "events", tabindex: 0, "aria-label": "Events, newest first" },
    told.map((event) => el("li", { class: event.level }, moment(event.created_at), el("span", {}, shown(event.message)))))];
}
