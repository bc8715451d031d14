// What `tuneset evaluate` has found: evaluation.json, and evaluation.jsonl with the answers, opened here from this machine.
// They are read by this page and sent nowhere.
"use strict";

const evaluation = { figures: null, rows: [] };

function drawEvaluation() {
  const opened = el("input", { id: "evaluation-files", type: "file", multiple: true, accept: ".json,.jsonl", onchange: (event) => openEvaluation([...event.target.files]) });
  $("evaluation").replaceChildren(el("div", {},
    el("h2", {}, "Did it help?"),
    el("p", { class: "soft" }, "Open evaluation.json of a dataset's folder, and evaluation.jsonl with it to see answers side by side; both stay in this tab."),
    el("p", {}, el("label", {}, "Files ", opened)), figures(), answers()));
}

async function openEvaluation(files) {
  problem(null);
  try {
    for (const file of files) {
      const text = await file.text();
      if (file.name.endsWith(".jsonl")) evaluation.rows = text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
      else evaluation.figures = JSON.parse(text);
    }
  } catch {
    problem(new Error("This file cannot be read: evaluation.json or evaluation.jsonl of `tuneset evaluate` is expected."));
  }
  drawEvaluation();
}

const score = (value) => (typeof value === "number" ? value.toFixed(4) : "–");
const signed = (value) => (typeof value === "number" ? `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}` : "–");

function figures() {
  const found = evaluation.figures;
  if (!found) return null;
  const verdict = found.gain_low > 0 ? ["It helped", "good"] : found.gain_high < 0 ? ["It did harm", "bad"] : ["No difference is shown", "warn"];
  const box = (title, ...told) => el("div", {}, el("span", { class: "soft" }, title), told);
  return [
    el("div", { class: "verdict" },
      box("Gain", el("b", {}, signed(found.gain)), el("span", {}, `95 % from ${signed(found.gain_low)} to ${signed(found.gain_high)}`), " ", el("span", { class: `badge ${verdict[1]}` }, verdict[0])),
      box("Base", el("b", {}, score(found.base_score)), el("span", { class: "name" }, String(found.base))),
      box("Tuned", el("b", {}, score(found.tuned_score)), el("span", { class: "name" }, String(found.tuned))),
      box("Questions", el("b", {}, count(found.cases)), `${count(found.wins)} wins, ${count(found.losses)} losses, ${count(found.ties)} ties`),
      box("Graded by", el("b", {}, String(found.grader)))),
    ["largest_wins", "largest_losses"].filter((name) => Array.isArray(found[name]) && found[name].length).map((name) => [
      el("h3", {}, name === "largest_wins" ? "Largest wins" : "Largest losses"),
      el("div", { class: "wide card" }, el("table", {},
        el("thead", {}, el("tr", {}, ["Line", "Base", "Tuned"].map((title) => el("th", { class: "number" }, title)))),
        el("tbody", {}, found[name].map((one) => el("tr", {}, [count(one.line), score(one.base_score), score(one.tuned_score)].map((cell) => el("td", { class: "number" }, cell))))))),
    ]),
  ];
}

function answers() {
  const rows = [...evaluation.rows].sort((one, two) => Math.abs(two.tuned_score - two.base_score) - Math.abs(one.tuned_score - one.base_score));
  if (!rows.length) return null;
  return [el("h3", {}, `Answers, the largest differences first${rows.length > 200 ? " (200 of them)" : ""}`), rows.slice(0, 200).map((row) =>
    el("details", { class: "card" }, el("summary", {}, `line ${count(row.line)}: base ${score(row.base_score)}, tuned ${score(row.tuned_score)}`),
      (row.prompt || []).map((one) => el("div", { class: "turn user" }, el("b", {}, String(one.role)), "\n", shown(typeof one.content === "string" ? one.content : JSON.stringify(one.content)))),
      el("div", { class: "turn" }, el("b", {}, "reference"), "\n", shown(String(row.reference))),
      el("div", { class: "sides" }, ["base", "tuned"].map((side) =>
        el("div", { class: "turn assistant" }, el("b", {}, side), "\n", shown(String(row[`${side}_answer`] ?? "(no text)")))))))];
}
