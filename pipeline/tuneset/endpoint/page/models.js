// Models: base models, and those of jobs and of their checkpoints; how a program uses one, and its weights.
"use strict";

const models = { all: [], find: "", from: 0 };

async function readModels() {
  models.all = (await ask("models")).data.reverse();
  drawModels();
}

const kindOf = (name) => (name.includes(":ckpt-step-") ? "checkpoint" : name.startsWith("ft:") ? "tuned" : "base");

function drawModels() {
  const wanted = models.find.toLowerCase();
  const found = models.all.filter((one) => one.id.toLowerCase().includes(wanted));
  if (models.from >= found.length) models.from = 0;
  const page = found.slice(models.from, models.from + PAGE);
  redraw($("model-table"), "models", page, () => $("model-table").replaceChildren(
    el("thead", {}, el("tr", {}, el("th", {}, "Name"), el("th", {}, "Kind"), el("th", { class: "less" }, "Created"), el("th", {}, el("span", { class: "hidden" }, "Actions")))),
    el("tbody", {}, page.map(modelRow))));
  const turn = (id, label, to, off) => el("button", { type: "button", id, disabled: off, onclick: () => { models.from = to; drawModels(); } }, label);
  redraw($("model-count"), "model-count", [found.length, models.from], () => $("model-count").replaceChildren(
    el("span", { role: "status", "aria-live": "polite" }, found.length > PAGE ? `${count(models.from + 1)}–${count(models.from + page.length)} of ${plural(found.length, "model")}, newest first` : plural(found.length, "model")),
    found.length > PAGE ? el("span", { class: "turn-pages" }, turn("models-newer", "← Newer", models.from - PAGE, models.from === 0), turn("models-older", "Older →", models.from + PAGE, models.from + PAGE >= found.length)) : ""));
}

function modelRow({ id: name, created }) {
  const does = (label, act) => el("button", { type: "button", "aria-label": `${label} ${name}`, onclick: act }, label.split(" ")[0]);
  const kind = kindOf(name);
  return el("tr", { "data-model": name }, el("td", { class: "name" }, shown(name)), el("td", {}, el("span", { class: `badge ${kind === "tuned" ? "good" : ""}` }, kind)), el("td", { class: "less" }, moment(created)),
    el("td", { class: "buttons" }, does("Talk to", () => go(`#chat&model=${encodeURIComponent(name)}`)), does("Use", () => showUse(name)), does("Train on from", () => go(`#new&model=${encodeURIComponent(name)}`)),
      kind === "base" ? null : [does("Download", () => downloadWeights(name)),
        does("Delete", () => sure("Delete this model?", [el("b", {}, shown(name)), el("br"), "Its weights are removed and cannot be brought back."], "Delete", () => remove(`models/${encodeURIComponent(name)}`)))]));
}

async function downloadWeights(name) {
  try {
    say("Downloading…");
    const address = URL.createObjectURL(await (await call(`models/${encodeURIComponent(name)}/content`)).blob());
    el("a", { href: address, download: `${name.replaceAll(/[:/]/g, "-")}.tar` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
    say("");
  } catch (error) { say(""); problem(error); }
}

// What a program writes to use a model. The key is that of whoever runs it.
function showUse(name) {
  const address = new URL("v1", location.href.split("#")[0]).href;
  const quoted = JSON.stringify(name);
  const inShell = `'${JSON.stringify({ model: name, messages: [{ role: "user", content: "Hello" }] }).replaceAll("'", "'\\''")}'`;
  const ways = {
    Python: `from openai import OpenAI\n\nclient = OpenAI(base_url=${JSON.stringify(address)})  # the key: OPENAI_API_KEY\nanswer = client.chat.completions.create(\n    model=${quoted},\n    messages=[{"role": "user", "content": "Hello"}],\n)\nprint(answer.choices[0].message.content)\n`,
    curl: `curl ${address}/chat/completions \\\n  -H "Authorization: Bearer $OPENAI_API_KEY" \\\n  -H "Content-Type: application/json" \\\n  -d ${inShell}\n`,
  };
  dialog(`Use ${name}`, heldKey ? null : el("p", { class: "soft" }, "This server asks for no key; clients want one all the same: OPENAI_API_KEY=any."),
    ...Object.entries(ways).map(([way, text]) => {
      const code = el("pre", { tabindex: 0, "aria-label": `${way} code` }, text);
      return el("section", { class: "way" }, el("div", { class: "bar" }, el("h3", {}, way), el("button", { type: "button", "aria-label": `Copy the ${way} code`, onclick: (event) => copy(text, code, event.target) }, "Copy")), code);
    }), el("div", { class: "actions" }, el("button", { type: "button", onclick: close }, "Close")));
}

// Over plain HTTP from elsewhere a page may not write to the clipboard: then the text is marked, to be copied by hand.
async function copy(text, shownIn, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(shownIn);
    button.textContent = "Marked: Ctrl+C";
  }
}

function listenToModels() {
  $("find-model").addEventListener("input", (event) => { models.find = event.target.value; models.from = 0; drawModels(); });
}
