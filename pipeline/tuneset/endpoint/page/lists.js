// How lists of the API are drawn, a page at a time, and what their entries look like.
"use strict";

// How many there are, as far as is known, and the ways to older and newer ones. `box` holds both; `number` are drawn.
function drawPager(box, list, word, number = list.data.length) {
  const first = list.before.length * PAGE;
  const alone = !first && !list.more;
  const told = alone ? plural(number, word) : `${count(first + 1)}–${count(first + list.data.length)}, newest first`;
  redraw(box, box.id, told + list.more, () => box.replaceChildren(el("span", { role: "status", "aria-live": "polite" }, told), alone ? "" : el("span", { class: "turn-pages" },
    el("button", { type: "button", id: `${box.id}-newer`, disabled: !first, "aria-label": `Newer ${several(word)}`, onclick: () => { list.before.pop(); refresh(); } }, "← Newer"),
    el("button", { type: "button", id: `${box.id}-older`, disabled: !list.more, "aria-label": `Older ${several(word)}`, onclick: () => older(list) }, "Older →"))));
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

// The entries of a list at the left: `told` gives of each its name and what stands below it. The address of one is `#word=ID`.
function drawEntries(box, list, word, chosen, told, none) {
  redraw(box, box.id, [list.data, chosen], () => {
    box.replaceChildren(...list.data.map((one) => {
      const made = entry(`#${word}=${encodeURIComponent(one.id)}`, one.id === chosen, ...told(one));
      made.dataset[word] = one.id;
      return made;
    }));
    if (!list.data.length) box.append(el("li", { class: "soft" }, none));
  });
}

// Prepares the place of what is chosen of a list; whether anything is. What was shown of another one goes.
function beginDetail(view, place, id, none) {
  $(view).classList.toggle("reading", id !== null);
  const box = $(place);
  if (id !== null && box.dataset.shown === id) return true;
  if (id === null && state.drawn[place] === "null") return false;
  state.drawn[place] = id === null ? "null" : undefined;
  box.dataset.shown = id ?? "";
  box.replaceChildren(el("p", { class: "empty" }, id === null ? none : "Reading…"));
  if (id !== null) box.scrollIntoView({ block: "nearest" });
  return id !== null;
}

function drawGone(place, hash, label, told) {
  redraw($(place), place, told, () => $(place).replaceChildren(back(hash, label), el("p", { class: "empty" }, told)));
}

const back = (hash, label) => el("a", { id: `back-to-${hash.slice(1)}`, class: "back", href: hash }, `← ${label}`);

// What is known of something: names and values, without those that are none.
const fieldList = (told) => el("dl", { class: "fields" }, Object.entries(told).filter(([, value]) => value !== null && value !== undefined && value !== "")
  .map(([name, value]) => [el("dt", {}, name), el("dd", {}, shown(String(value)))]));

// Files that something has left, to be downloaded.
const fileList = (id, title, files) => (!files.length ? null : [el("h3", {}, title), el("ul", { id, class: "file-list" }, files.map((file) => el("li", {}, file.gone ? el("span", { class: "soft" }, `${file.id} was deleted`)
  : [el("span", { class: "name" }, shown(file.filename)), " ", el("span", { class: "soft" }, sized(file.bytes)), " ",
    el("button", { type: "button", id: `get-of-${id}-${file.id}`, "aria-label": `Download ${file.filename}`, onclick: () => download(file) }, "Download")])))]);

// A file, or its id alone where it is gone.
async function fileOf(id) {
  try { return await ask(`files/${encodeURIComponent(id)}`); } catch (error) {
    if (error.status !== 404) throw error;
    return { id, gone: true };
  }
}

// To the next or previous of a list, over the ends of a page too. The address of one is `#word=ID`.
async function moveIn(list, word, entries, step) {
  if (!list.data.length) return;
  const at = list.data.findIndex((one) => one.id === state[word]);
  let next = list.data[at < 0 ? (step > 0 ? 0 : list.data.length - 1) : at + step];
  if (!next && at >= 0 && (step > 0 ? list.more : list.before.length)) {
    if (step > 0) list.before.push(list.data.at(-1).id);
    else list.before.pop();
    await readPage(list);
    next = step > 0 ? list.data[0] : list.data.at(-1);
  }
  if (!next) return;
  history.replaceState(null, "", `#${word}=${encodeURIComponent(next.id)}`);
  await refresh();
  const shownAs = $(entries).querySelector("[aria-current]");
  if (shownAs) shownAs.scrollIntoView({ block: "nearest" });
}

const when = (seconds) => (seconds ? new Date(seconds * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }) : "–");
const moment = (seconds) => el("time", { dateTime: new Date(seconds * 1000).toISOString() }, when(seconds));
const BADGES = { succeeded: "good", processed: "good", completed: "good", failed: "bad", error: "bad", running: "mark", validating: "mark", in_progress: "mark", finalizing: "mark", paused: "warn", cancelling: "warn", expired: "warn" };
const badge = (status) => el("span", { class: `badge ${BADGES[status] || ""}` }, status.replaceAll("_", " "));

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
