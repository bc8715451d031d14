// Files: their list, and how they come here, whole or in parts, chosen or dropped.
"use strict";

const PART_BYTES = 8 << 20; // what is larger goes in parts of this size, so that somebody sees how far it is
const GIVEN_BACK = ["fine-tune", "batch", "vision", "evals", "batch_output", "fine-tune-results", "assistants_output"];
const files = pagedList("files");

async function readFiles() {
  await readPage(files);
  redraw($("file-table"), "files", [files.data, files.filter], () => $("file-table").replaceChildren(
    el("thead", {}, el("tr", {}, el("th", {}, "Name"), el("th", {}, "Purpose"), el("th", { class: "number" }, "Size"), el("th", { class: "less" }, "Status"), el("th", { class: "less" }, "Created"), el("th", {}, el("span", { class: "hidden" }, "Actions")))),
    el("tbody", {}, files.data.map(fileRow), files.data.length ? null : el("tr", {}, el("td", { colSpan: 6, class: "empty" }, files.filter.purpose ? "No file of this purpose." : "No file yet: drop one here.")))));
  drawPager($("file-count"), files, "file");
}

function fileRow(file) {
  const does = (word, label, act) => el("button", { type: "button", id: `${word}-${file.id}`, "aria-label": `${label} ${file.filename}`, onclick: act }, label.split(" ")[0]);
  return el("tr", { "data-file": file.id },
    el("td", {}, el("div", { class: "name" }, shown(file.filename)), el("div", { class: "where" }, file.id, finding(file))),
    el("td", {}, file.purpose), el("td", { class: "number" }, sized(file.bytes)), el("td", { class: "less" }, badge(file.status)), el("td", { class: "less" }, moment(file.created_at)),
    el("td", { class: "buttons" },
      file.purpose === "fine-tune" && file.status !== "error" ? does("train", "Train with", () => go(`#new&file=${encodeURIComponent(file.id)}`)) : null,
      GIVEN_BACK.includes(file.purpose) ? does("get", "Download", () => download(file)) : null,
      does("delete", "Delete", () => sure("Delete this file?", [el("b", {}, shown(file.filename)), el("br"), "Jobs that were made with it go on."], "Delete", () => remove(`files/${encodeURIComponent(file.id)}`)))));
}

const finding = (file) => (file.status_details ? el("span", { class: "badge bad wrap" }, shown(file.status_details)) : null);

// Sends a file; `told` gets how far it is, from 0 to 1. Gives the file as the server has it.
async function sendFile(file, purpose, told) {
  told(0);
  if (file.size <= PART_BYTES) {
    const form = new FormData();
    form.append("purpose", purpose);
    form.append("file", file);
    return ask("files", { method: "POST", form });
  }
  const upload = await ask("uploads", { method: "POST", json: { bytes: file.size, filename: file.name, mime_type: file.type || "application/octet-stream", purpose } });
  const path = `uploads/${encodeURIComponent(upload.id)}`;
  try {
    const parts = [];
    for (let at = 0; at < file.size; at += PART_BYTES) {
      const form = new FormData();
      form.append("data", file.slice(at, at + PART_BYTES));
      parts.push((await ask(`${path}/parts`, { method: "POST", form })).id);
      told(Math.min(1, (at + PART_BYTES) / file.size));
    }
    return (await ask(`${path}/complete`, { method: "POST", json: { part_ids: parts } })).file;
  } catch (error) {
    ask(`${path}/cancel`, { method: "POST" }).catch(() => {});
    throw error;
  }
}

// A place where files are dropped or chosen. `take` gets them.
function dropZone(id, text, given, take) {
  const input = el("input", { id, type: "file", class: "hidden", ...given, onchange: () => { const chosen = [...input.files]; input.value = ""; if (chosen.length) take(chosen); } });
  const zone = el("label", { class: "drop", for: id }, el("span", {}, text), input, el("span", { class: "button", "aria-hidden": "true" }, "Choose…"));
  const over = (event) => { event.preventDefault(); zone.classList.toggle("over", event.type === "dragover"); };
  zone.addEventListener("dragover", over);
  zone.addEventListener("dragleave", over);
  zone.addEventListener("drop", (event) => { over(event); take([...event.dataTransfer.files]); });
  return zone;
}

async function uploadAll(chosen) {
  problem(null);
  const box = $("upload-progress");
  for (const file of chosen) {
    const bar = el("progress", { max: 1, value: 0, "aria-label": `Upload of ${file.name}` });
    const line = el("p", { class: "progress" }, bar, " ", el("span", {}, shown(file.name)));
    box.append(line);
    try {
      const made = await sendFile(file, $("upload-purpose").value, (done) => { bar.value = done; });
      say(made.status === "error" ? `${file.name} has a fault` : `Uploaded: ${file.name}`);
    } catch (error) { problem(new Error(`${file.name}: ${error.message}`)); }
    line.remove();
    files.before = [];
    await refresh();
  }
}

function listenToFiles() {
  $("upload").prepend(dropZone("upload-file", "Drop files here, or choose them", { multiple: true }, uploadAll));
  $("file-purpose").addEventListener("change", (event) => {
    files.filter = event.target.value ? { purpose: event.target.value } : {};
    files.before = [];
    refresh();
  });
}
