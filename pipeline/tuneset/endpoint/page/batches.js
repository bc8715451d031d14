// Batches: their list, and one of them with how far it is, what was wrong with its input, and its files.
"use strict";

const CANCELLABLE = ["validating", "in_progress", "finalizing"];
const batches = { list: pagedList("batches") };

async function readBatches() {
  await readPage(batches.list);
  drawEntries($("batch-list"), batches.list, "batch", state.batch,
    (batch) => [batch.id, badge(batch.status), el("span", {}, batch.endpoint.replace("/v1/", "")), batch.request_counts.total ? el("span", {}, answeredOf(batch.request_counts)) : null, moment(batch.created_at)],
    "No batch yet. Begin one by any OpenAI client, or by `tuneset batch submit`.");
  drawPager($("batch-count"), batches.list, "batch");
  await readBatch();
}

const answeredOf = ({ total, completed, failed }) => `${count(completed + failed)} of ${count(total)}`;

async function readBatch() {
  const id = state.batch;
  if (!beginDetail("batches", "batch-shown", id, "Choose a batch. Keys: j and k move.")) return;
  let batch;
  try { batch = await ask(`batches/${encodeURIComponent(id)}`); } catch (error) {
    if (error.status !== 404) throw error;
    if (state.batch === id) drawGone("batch-shown", "#batches", "All batches", "There is no such batch.");
    return;
  }
  const ids = [batch.input_file_id, batch.output_file_id, batch.error_file_id].filter(Boolean);
  const held = await Promise.all(ids.map(fileOf));
  if (state.batch === id) drawBatch(batch, held);
}

function drawBatch(batch, held) {
  redraw($("batch-shown"), "batch-shown", [batch, held], () => {
    const { total, completed, failed } = batch.request_counts;
    const cancel = el("button", { type: "button", id: "cancel-batch", onclick: () => sure("Cancel this batch?", "What is answered by now stays; the other requests are not made.", "Cancel the batch", () => cancelBatch(batch)) }, "Cancel");
    const input = held.find((file) => file.id === batch.input_file_id);
    $("batch-shown").replaceChildren(...[back("#batches", "All batches"),
      el("div", { class: "head" }, el("h2", {}, batch.id), badge(batch.status), el("span", { class: "actions" }, CANCELLABLE.includes(batch.status) ? cancel : null)),
      batch.errors ? inputFaults(batch.errors.data) : null,
      total ? el("p", { class: "progress" }, el("progress", { max: total, value: completed + failed, "aria-label": "Requests that are done" }),
        ` ${count(completed)} answered, ${count(failed)} failed, of ${plural(total, "request")}`) : null,
      el("h3", {}, "Batch"), fieldList({
        id: batch.id, route: batch.endpoint, model: batch.model, "input file": input.gone ? `${input.id}, deleted since` : `${input.filename} (${input.id})`, created: when(batch.created_at),
        begun: batch.in_progress_at && when(batch.in_progress_at), completed: batch.completed_at && when(batch.completed_at), failed: batch.failed_at && when(batch.failed_at),
        cancelled: batch.cancelled_at && when(batch.cancelled_at), expired: batch.expired_at && when(batch.expired_at), "answered until": CANCELLABLE.includes(batch.status) ? when(batch.expires_at) : null,
        metadata: batch.metadata && Object.keys(batch.metadata).length ? JSON.stringify(batch.metadata) : null,
      }),
      fileList("batch-files", "Answers and errors", held.filter((file) => file.id !== batch.input_file_id))].flat().filter(Boolean));
  });
}

function inputFaults(found) {
  return el("div", { class: "fault", id: "batch-faults" }, found.some((one) => one.line) ? `The input file has ${plural(found.length, "fault")}:` : "Why it failed:", el("ul", {},
    found.map((one) => el("li", {}, one.line ? `line ${count(one.line)}: ` : "", shown(one.message)))));
}

async function cancelBatch(batch) {
  try {
    await ask(`batches/${encodeURIComponent(batch.id)}/cancel`, { method: "POST", json: {} });
    problem(null);
  } catch (error) { problem(error); }
  refresh();
}
