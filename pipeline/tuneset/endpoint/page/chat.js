// Two models side by side: each has its own conversation, both get the same messages, answers come as they are made.
"use strict";

const panes = ["base", "tuned"].map((side) => ({ side, select: null, talk: null, said: [] }));
let asking = null;

function drawPanes() {
  $("panes").replaceChildren(...panes.map((pane) => {
    const label = pane.side === "base" ? "Base model" : "Tuned model";
    pane.select = el("select", { id: `model-${pane.side}`, onchange: () => { pane.chosen = pane.select.value; } });
    pane.talk = el("div", { class: "talk", role: "log", "aria-label": `Conversation, ${label}`, tabindex: 0 });
    return el("section", { class: "pane", "aria-label": label }, el("label", {}, label, pane.select), pane.talk);
  }));
}

// Offers the models that there are; `base` and `tuned` are chosen, else the first one and the one that was made last.
async function offerModels(base, tuned) {
  const { data } = await ask("models");
  const names = data.map((one) => one.id);
  const made = names.filter((name) => name.startsWith("ft:"));
  if (base && names.includes(base)) panes[0].chosen = base;
  if (tuned && names.includes(tuned)) panes[1].chosen = tuned;
  for (const pane of panes) {
    const wanted = names.includes(pane.chosen) ? pane.chosen
      : pane.side === "base" ? names.find((name) => !name.startsWith("ft:")) : made.filter((name) => !name.includes(":ckpt-step-")).at(-1) || made.at(-1) || names.at(-1);
    if (JSON.stringify(names) !== pane.names) {
      pane.names = JSON.stringify(names);
      pane.select.replaceChildren(...names.map((name) => el("option", { value: name }, name)));
    }
    pane.chosen = pane.select.value = wanted;
  }
}

async function sendQuestion() {
  const question = $("question").value;
  if (!question.trim() || asking) return;
  asking = new AbortController();
  $("send").disabled = true;
  $("stop").disabled = false;
  $("question").value = "";
  await Promise.all(panes.map((pane) => answerIn(pane, question, asking.signal)));
  asking = null;
  $("send").disabled = false;
  $("stop").disabled = true;
}

async function answerIn(pane, question, signal) {
  const system = $("system").value;
  const messages = [...(system ? [{ role: "system", content: system }] : []), ...pane.said, { role: "user", content: question }];
  const body = { model: pane.select.value, messages, stream: true, stream_options: { include_usage: true } };
  for (const [id, name] of [["temperature", "temperature"], ["most-tokens", "max_tokens"], ["seed", "seed"]]) {
    if ($(id).value !== "") body[name] = Number($(id).value);
  }
  pane.talk.append(el("div", { class: "turn user" }, shown(question)));
  const text = document.createTextNode("");
  const turn = el("div", { class: "turn assistant", "aria-busy": "true" }, text);
  pane.talk.append(turn);
  let said = "";
  let used = null;
  let fault = null;
  try {
    for await (const event of streamed(await call("chat/completions", { method: "POST", json: body, signal }))) {
      if (event.error) throw new Error(event.error.message);
      if (event.usage) used = event.usage;
      const delta = event.choices && event.choices[0] && event.choices[0].delta;
      if (!delta || !delta.content) continue;
      const atEnd = pane.talk.scrollTop + pane.talk.clientHeight >= pane.talk.scrollHeight - 24;
      said += delta.content;
      text.data = said;
      if (atEnd) pane.talk.scrollTop = pane.talk.scrollHeight;
    }
  } catch (error) {
    fault = error.name === "AbortError" ? "Stopped." : error.message;
  }
  turn.removeAttribute("aria-busy");
  turn.replaceChildren(...shown(said), el("span", { class: "used" },
    [fault || (said ? null : "No text."), used && `${plural(used.prompt_tokens, "token")} asked, ${count(used.completion_tokens)} answered`].filter(Boolean).join(" ")));
  if (fault && !said) turn.classList.add("failed");
  if (said) pane.said.push({ role: "user", content: question }, { role: "assistant", content: said });
  pane.talk.scrollTop = pane.talk.scrollHeight;
}

function beginAnew() {
  if (asking) asking.abort();
  for (const pane of panes) { pane.said = []; pane.talk.replaceChildren(); }
  $("question").focus();
}

function listenToChat() {
  drawPanes();
  $("ask").addEventListener("submit", (event) => { event.preventDefault(); sendQuestion(); });
  $("question").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); sendQuestion(); }
  });
  $("stop").addEventListener("click", () => asking && asking.abort());
  $("clear").addEventListener("click", beginAnew);
}
