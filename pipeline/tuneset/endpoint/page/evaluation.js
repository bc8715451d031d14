// What `tuneset evaluate` has found. It leaves a file with the server: the figures in its first line, a line each with a
// question and both answers after it. evaluation.json and evaluation.jsonl of another place are opened from this machine, and stay in the tab.
"use strict";

const LEFT = /^evaluation-[0-9a-f]{12}\.jsonl$/; // as `tuneset evaluate` names it
const HEAD_BYTES = 65536; // of a file, in which its figures are
const SHOWN_ANSWERS = 20;
const evaluations = { list: pagedList("files", { purpose: "evals" }), figures: new Map(), shown: undefined, opened: { figures: null, rows: null } };

async function readFigures(file) {
  if (!LEFT.test(file.filename)) return null;
  if (!evaluations.figures.has(file.id)) {
    const [line] = (await (await call(`files/${encodeURIComponent(file.id)}/content`, { range: `bytes=0-${HEAD_BYTES - 1}` })).text()).split("\n", 1);
    let figures = null;
    try { figures = JSON.parse(line); } catch { /* no evaluation of ours */ }
    evaluations.figures.set(file.id, figures && typeof figures.gain === "number" ? figures : null);
  }
  return evaluations.figures.get(file.id);
}

// The evaluations of this page of the list, newest first: [[file, figures], …].
async function readEvaluations() {
  await readPage(evaluations.list);
  const read = await Promise.all(evaluations.list.data.map(async (file) => [file, await readFigures(file)]));
  return read.filter(([, figures]) => figures);
}

async function readEvaluation() {
  const found = await readEvaluations();
  const chosen = state.evaluation;
  $("evaluation").classList.toggle("reading", chosen !== null);
  redraw($("evaluation-list"), "evaluations", [found.map(([file]) => file.id), chosen], () => {
    $("evaluation-list").replaceChildren(...found.map(([file, figures]) =>
      entry(`#evaluation=${encodeURIComponent(file.id)}`, file.id === chosen, shown(String(figures.tuned)), verdictBadge(figures), el("span", {}, signed(figures.gain)), moment(file.created_at))));
  });
  drawPager($("evaluation-count"), evaluations.list, "evaluation", found.length);
  if (chosen === evaluations.shown) return;
  evaluations.shown = chosen;
  if (chosen === null) drawNoEvaluation(found.length > 0);
  else if (chosen === "opened") drawOpened();
  else await drawKept(chosen);
}

function drawNoEvaluation(some) {
  const opened = el("input", { id: "evaluation-files", type: "file", multiple: true, accept: ".json,.jsonl", onchange: (event) => openEvaluation([...event.target.files]) });
  $("evaluation-shown").replaceChildren(el("h2", {}, "Did it help?"),
    el("p", {}, some ? "Choose an evaluation. " : "No evaluation yet. ", el("code", {}, "tuneset evaluate"), " asks the base model and the tuned one the questions of the validation set, grades the answers, and leaves what it has found here."),
    el("details", {}, el("summary", {}, "Open one of another place"),
      el("p", { class: "soft" }, "evaluation.json of a dataset's folder, and evaluation.jsonl with it to see answers side by side. They are read here and sent nowhere."),
      el("p", {}, el("label", {}, "Files ", opened))));
}

async function drawKept(id) {
  $("evaluation-shown").replaceChildren(el("p", { class: "empty" }, "Reading…"));
  try {
    const file = await ask(`files/${encodeURIComponent(id)}`);
    const figures = await readFigures(file);
    if (!figures) throw new Error("This file is no evaluation.");
    const [, ...rows] = (await (await call(`files/${encodeURIComponent(id)}/content`)).text()).split("\n").filter(Boolean);
    if (evaluations.shown !== id) return;
    drawEvaluation(figures, rows.map((row) => JSON.parse(row)), el("span", { class: "actions" },
      el("button", { type: "button", onclick: () => go(`#chat&base=${encodeURIComponent(figures.base)}&model=${encodeURIComponent(figures.tuned)}`) }, "Ask both"),
      el("button", { type: "button", onclick: () => download(file) }, "Download"),
      el("button", { type: "button", id: "delete-evaluation", onclick: () => sure("Delete this evaluation?", "The server keeps it no longer; the files of the dataset stay.", "Delete", async () => { await remove(`files/${encodeURIComponent(id)}`); go("#evaluation"); }) }, "Delete")));
  } catch (error) {
    if (evaluations.shown !== id) return;
    if (error.status === 401) { evaluations.shown = undefined; throw error; }
    $("evaluation-shown").replaceChildren(back("#evaluation", "All evaluations"), el("p", { class: "empty" }, error.status === 404 ? "There is no such evaluation." : error.message));
  }
}

async function openEvaluation(files) {
  problem(null);
  try {
    let [figures, rows] = [null, null];
    for (const file of files) {
      const lines = (await file.text()).trim();
      const [first, ...rest] = file.name.endsWith(".jsonl") ? lines.split("\n").map((line) => JSON.parse(line)) : [JSON.parse(lines)];
      if (typeof first.gain === "number") [figures, rows] = [first, rest.length ? rest : rows];
      else rows = [first, ...rest];
    }
    // Figures in the place of others have answers of their own.
    if (figures) evaluations.opened = { figures, rows: evaluations.opened.figures ? null : evaluations.opened.rows };
    if (rows) evaluations.opened.rows = rows;
    if (!evaluations.opened.figures) { say("Open evaluation.json too, for the figures"); return; }
    evaluations.shown = undefined;
    go("#evaluation=opened");
    if (state.evaluation === "opened") { evaluations.shown = "opened"; drawOpened(); }
  } catch {
    problem(new Error("This file cannot be read: evaluation.json or evaluation.jsonl of `tuneset evaluate` is expected."));
  }
}

function drawOpened() {
  const { figures, rows } = evaluations.opened;
  if (figures) drawEvaluation(figures, rows || [], null);
  else { evaluations.shown = undefined; go("#evaluation"); }
}

const score = (value) => (typeof value === "number" ? value.toFixed(4) : "–");
const signed = (value) => (typeof value === "number" ? `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}` : "–");
const verdictBadge = (found) => el("span", { class: `badge ${found.gain_low > 0 ? "good" : found.gain_high < 0 ? "bad" : "warn"}` },
  found.gain_low > 0 ? "it helped" : found.gain_high < 0 ? "it did harm" : "no difference shown");

function drawEvaluation(found, rows, does) {
  const box = (title, ...told) => el("div", {}, el("span", { class: "soft" }, title), told);
  $("evaluation-shown").replaceChildren(...[back("#evaluation", "All evaluations"),
    el("div", { class: "head" }, el("h2", {}, shown(String(found.tuned))), verdictBadge(found), does),
    el("p", { class: "soft" }, "against ", shown(String(found.base)), `, ${plural(found.cases, "question")} of ${found.file}, graded by ${found.grader}`),
    el("div", { class: "verdict" },
      box("Gain", el("b", {}, signed(found.gain)), el("span", {}, `95 % interval ${signed(found.gain_low)} to ${signed(found.gain_high)}`), interval(found)),
      box("Base", el("b", {}, score(found.base_score)), "mean score"),
      box("Tuned", el("b", {}, score(found.tuned_score)), "mean score"),
      box("Questions", el("b", {}, count(found.cases)), `${count(found.wins)} wins, ${count(found.losses)} losses, ${count(found.ties)} ties`)),
    costs(found), answers(found, rows)].flat().filter(Boolean));
}

// The interval of the gain on a line with zero: what lies to the right of it has helped.
function interval(found) {
  const far = Math.max(Math.abs(found.gain_low), Math.abs(found.gain_high), 1e-9) * 1.15;
  const x = (value) => (100 + (value / far) * 95).toFixed(1);
  return svg("svg", { class: "interval", viewBox: "0 0 200 22", "aria-hidden": "true" },
    svg("line", { class: "axis", x1: 5, x2: 195, y1: 11, y2: 11 }), svg("line", { class: "axis", x1: 100, x2: 100, y1: 3, y2: 19 }),
    svg("line", { class: "span", x1: x(found.gain_low), x2: x(found.gain_high), y1: 11, y2: 11 }), svg("circle", { class: "dot train", cx: x(found.gain), cy: 11, r: 5 }));
}

function costs(found) {
  const told = { "tokens of prompts": "prompt_tokens", "tokens of answers": "answer_tokens", "loss of the references, nats a token": "loss", "answers cut off at their limit": "cut_off" };
  const cell = (value) => (value === null || value === undefined ? "not told" : Number.isInteger(value) ? count(value) : score(value));
  const rows = Object.entries(told).filter(([, key]) => [found[`base_${key}`], found[`tuned_${key}`]].some((one) => one !== null && one !== undefined));
  if (!rows.length) return null;
  return [el("h3", {}, "Cost and lengths"), el("div", { class: "wide" }, el("table", { id: "costs" },
    el("thead", {}, el("tr", {}, el("th", {}, el("span", { class: "hidden" }, "What")), el("th", { class: "number" }, "Base"), el("th", { class: "number" }, "Tuned"))),
    el("tbody", {}, rows.map(([name, key]) => el("tr", {}, el("td", {}, name), ["base", "tuned"].map((side) => el("td", { class: "number" }, cell(found[`${side}_${key}`]))))))))];
}

const ORDERS = {
  "largest wins first": (one, two) => gained(two) - gained(one), "largest losses first": (one, two) => gained(one) - gained(two), "by line": (one, two) => one.line - two.line,
};
const gained = (row) => row.tuned_score - row.base_score;

function answers(found, rows) {
  if (!rows.length) return ["largest_wins", "largest_losses"].filter((name) => Array.isArray(found[name]) && found[name].length).map((name) =>
    [el("h3", {}, name.replaceAll("_", " ")), el("p", {}, found[name].map((one) => `line ${count(one.line)}: ${score(one.base_score)} → ${score(one.tuned_score)}`).join(" · "))]);
  const box = el("div", { id: "answers" });
  const order = el("select", { id: "answer-order", "aria-label": "Order of the answers", onchange: () => draw(SHOWN_ANSWERS) }, Object.keys(ORDERS).map((name) => el("option", {}, name)));
  const draw = (most) => {
    const sorted = [...rows].sort(ORDERS[order.value]);
    box.replaceChildren(...sorted.slice(0, most).map(sideBySide),
      sorted.length > most ? el("button", { type: "button", id: "more-answers", onclick: () => draw(most + SHOWN_ANSWERS) }, `${count(sorted.length - most)} more`) : "");
  };
  draw(SHOWN_ANSWERS);
  return [el("div", { class: "bar" }, el("h3", {}, "Answers side by side"), order), box];
}

function sideBySide(row) {
  const asked = (row.prompt || []).map((one) => [String(one.role), typeof one.content === "string" ? one.content : JSON.stringify(one.content)]);
  const last = asked.length ? asked.at(-1)[1] : "";
  const change = gained(row) > 0 ? "good" : gained(row) < 0 ? "bad" : "";
  const told = el("details", { class: "card" }, el("summary", {}, el("span", { class: `badge ${change}` }, `${score(row.base_score)} → ${score(row.tuned_score)}`), " ", el("span", { class: "line-number" }, `line ${count(row.line)}`), " ", shown(last.slice(0, 160))));
  told.addEventListener("toggle", () => {
    if (told.children.length > 1) return; // what nobody opens is not drawn
    told.append(...asked.map(([role, text]) => el("div", { class: "turn user" }, el("b", {}, role), "\n", shown(text))),
      el("div", { class: "turn reference" }, el("b", {}, "reference"), "\n", shown(String(row.reference))),
      el("div", { class: "sides" }, ["base", "tuned"].map((side) => el("div", { class: "turn assistant" }, el("b", {}, `${side}, ${score(row[`${side}_score`])}`), "\n",
        shown(row[`${side}_answer`] || (row[`${side}_tool_calls`] ? JSON.stringify(row[`${side}_tool_calls`], null, 1) : "(no text)"))))));
  });
  return told;
}
