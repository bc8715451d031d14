// How lists of the API are drawn, a page at a time, and what their entries look like.
"use strict";

// How many there are, as far as is known, and the ways to older and newer ones. `box` holds both; `number` are drawn.
function drawPager(box, list, word, number = list.data.length) {
  const first = list.before.length * PAGE;
  const alone = !first && !list.more;
  const told = alone ? plural(number, word) : `${count(first + 1)}–${count(first + list.data.length)}, newest first`;
  redraw(box, box.id, told + list.more, () => box.replaceChildren(el("span", { role: "status", "aria-live": "polite" }, told), alone ? "" : el("span", { class: "turn-pages" },
    el("button", { type: "button", id: `${box.id}-newer`, disabled: !first, "aria-label": `Newer ${word}s`, onclick: () => { list.before.pop(); refresh(); } }, "← Newer"),
    el("button", { type: "button", id: `${box.id}-older`, disabled: !list.more, "aria-label": `Older ${word}s`, onclick: () => older(list) }, "Older →"))));
}

function older(list) {
  list.before.push(list.data.at(-1).id);
  refresh();
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

// An entry of a list beside what is chosen of it: a link, so that it can be reached and shared like any other.
const entry = (hash, current, name, ...below) => el("li", { "aria-current": current ? "true" : null },
  el("a", { href: hash }, el("span", { class: "name" }, name), el("span", { class: "where" }, below)));

const when = (seconds) => (seconds ? new Date(seconds * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }) : "–");
const moment = (seconds) => el("time", { dateTime: new Date(seconds * 1000).toISOString() }, when(seconds));
const badge = (status) => el("span", { class: `badge ${{ succeeded: "good", processed: "good", failed: "bad", error: "bad", running: "mark", paused: "warn" }[status] || ""}` }, status.replaceAll("_", " "));

function sized(bytes) {
  for (const unit of ["B", "KiB", "MiB"]) {
    if (bytes < 1024) return `${Number(bytes.toPrecision(3)).toLocaleString("en")} ${unit}`;
    bytes /= 1024;
  }
  return `${Number(bytes.toPrecision(3))} GiB`;
}

function sure(title, text, label, act) {
  dialog(title, el("p", { class: "asked" }, text), actions(label, () => { close(); act(); }, "danger"));
}

async function download(file) {
  try {
    say("Downloading…");
    const address = URL.createObjectURL(await (await call(`files/${encodeURIComponent(file.id)}/content`)).blob());
    el("a", { href: address, download: file.filename }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
    say("");
  } catch (error) { say(""); problem(error); }
}

async function remove(path) {
  try { await ask(path, { method: "DELETE" }); problem(null); } catch (error) { problem(error); }
  refresh();
}
