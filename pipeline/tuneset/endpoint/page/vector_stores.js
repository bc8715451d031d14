// Vector stores: their list, and one of them with its files and what became of each.
"use strict";

const stores = { list: pagedList("vector_stores"), files: pagedList(""), names: new Map() };

async function readStores() {
  await readPage(stores.list);
  drawEntries($("store-list"), stores.list, "store", state.store,
    (store) => [shown(store.name || store.id), badge(store.status), el("span", {}, plural(store.file_counts.total, "file")), el("span", {}, sized(store.usage_bytes)), moment(store.created_at)],
    "No vector store yet. Make one by any OpenAI client: client.vector_stores.create(file_ids=[…]).");
  drawPager($("store-count"), stores.list, "vector store");
  await readStore();
}

async function readStore() {
  const id = state.store;
  if (!beginDetail("stores", "store-shown", id, "Choose a vector store. Keys: j and k move.")) return;
  const path = `vector_stores/${encodeURIComponent(id)}`;
  if (stores.files.path !== `${path}/files`) stores.files = pagedList(`${path}/files`);
  const held = stores.files;
  let store;
  try {
    store = await ask(path);
    await readPage(held);
  } catch (error) {
    if (error.status !== 404) throw error;
    if (state.store === id) drawGone("store-shown", "#stores", "All vector stores", "There is no such vector store.");
    return;
  }
  await Promise.all(held.data.filter((file) => !stores.names.has(file.id)).map(async ({ id: file }) => {
    const known = await fileOf(file);
    stores.names.set(file, known.gone ? file : known.filename);
  }));
  if (state.store === id) drawStore(store, held);
}

function drawStore(store, held) {
  redraw($("store-shown"), "store-shown", [store, held.data], () => {
    const { total, in_progress: waiting, failed } = store.file_counts;
    $("store-shown").replaceChildren(...[back("#stores", "All vector stores"),
      el("div", { class: "head" }, el("h2", {}, shown(store.name || store.id)), badge(store.status)),
      waiting ? el("p", { class: "progress" }, el("progress", { max: total, value: total - waiting, "aria-label": "Files that are read" }), ` ${count(total - waiting)} of ${plural(total, "file")} read`) : null,
      failed ? el("p", { class: "fault" }, `${plural(failed, "file")} could not be read.`) : null,
      el("h3", {}, "Vector store"), fieldList({
        id: store.id, description: store.description, files: Object.entries(store.file_counts).filter(([name, number]) => number && name !== "total").map(([name, number]) => `${count(number)} ${name.replaceAll("_", " ")}`).join(", ") || "none",
        size: sized(store.usage_bytes), created: when(store.created_at), "last active": when(store.last_active_at), expires: store.expires_at && when(store.expires_at),
        metadata: Object.keys(store.metadata || {}).length ? JSON.stringify(store.metadata) : null,
      }),
      held.data.length ? [el("div", { class: "bar" }, el("h3", {}, "Files"), el("div", { id: "store-file-count", class: "count" })), el("div", { class: "wide" }, el("table", { id: "store-files", class: "rows", "aria-label": "Files of the vector store, newest first" },
        el("thead", {}, el("tr", {}, el("th", {}, "Name"), el("th", {}, "State"), el("th", { class: "number" }, "Size"), el("th", { class: "less" }, "Put in"))),
        el("tbody", {}, held.data.map(storeFile))))] : el("p", { class: "soft" }, "No file is in it.")].flat().filter(Boolean));
    delete state.drawn["store-file-count"];
  });
  if ($("store-file-count")) drawPager($("store-file-count"), held, "file");
}

const storeFile = (file) => el("tr", { "data-file": file.id },
  el("td", {}, el("div", { class: "name" }, shown(stores.names.get(file.id))), el("div", { class: "where" }, file.id, file.last_error ? el("span", { class: "badge bad wrap" }, shown(file.last_error.message)) : null)),
  el("td", {}, badge(file.status)), el("td", { class: "number" }, sized(file.usage_bytes)), el("td", { class: "less" }, moment(file.created_at)));
