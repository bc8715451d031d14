// The whole loop by the official client: upload, upload in parts, job, events, checkpoints, results, chat, batch, delete.
// Prints one JSON document of what it has seen; ends with status 1 where something is not as it should be.
import assert from "node:assert/strict";
import fs from "node:fs";
import { pathToFileURL } from "node:url";

const [, , client, baseURL, apiKey, training] = process.argv;
const { default: OpenAI, toFile } = await import(pathToFileURL(`${client}/index.mjs`));
const openai = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const rest = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

const bytes = fs.readFileSync(training);
const file = await openai.files.create({ file: fs.createReadStream(training), purpose: "fine-tune" });
assert.equal(file.bytes, bytes.length);
assert.deepEqual(Buffer.from(await (await openai.files.content(file.id)).arrayBuffer()), bytes);

const upload = await openai.uploads.create({ bytes: bytes.length, filename: "parts.jsonl", mime_type: "text/jsonl", purpose: "fine-tune" });
const half = Math.floor(bytes.length / 2);
const parts = [];
for (const piece of [bytes.subarray(0, half), bytes.subarray(half)]) parts.push((await openai.uploads.parts.create(upload.id, { data: await toFile(piece) })).id);
const complete = await openai.uploads.complete(upload.id, { part_ids: parts });
assert.equal(complete.status, "completed");
assert.equal(complete.file.bytes, bytes.length);

let job = await openai.fineTuning.jobs.create({
  model: "local-tiny", training_file: file.id, validation_file: complete.file.id, suffix: "node", seed: 7, metadata: { by: "node" },
  method: { type: "supervised", supervised: { hyperparameters: { n_epochs: 2, batch_size: 4 } } },
});
while (!["succeeded", "failed", "cancelled"].includes(job.status)) { await rest(100); job = await openai.fineTuning.jobs.retrieve(job.id); }
assert.equal(job.status, "succeeded", JSON.stringify(job.error));
const events = [];
for await (const event of openai.fineTuning.jobs.listEvents(job.id, { limit: 3 })) events.push(event);
const jobs = [];
for await (const one of openai.fineTuning.jobs.list({ metadata: { by: "node" } })) jobs.push(one.id);
assert.deepEqual(jobs, [job.id]);
const checkpoints = (await openai.fineTuning.jobs.checkpoints.list(job.id)).data;
const metrics = Buffer.from(await (await openai.files.content(job.result_files[0])).text(), "base64").toString();
assert.ok(metrics.startsWith("step,"));

const messages = [{ role: "user", content: "What is it?" }];
const whole = await openai.chat.completions.create({ model: job.fine_tuned_model, messages, max_tokens: 8, temperature: 0, seed: 1 });
let streamed = "";
for await (const chunk of await openai.chat.completions.create({ model: job.fine_tuned_model, messages, max_tokens: 8, temperature: 0, seed: 1, stream: true })) streamed += chunk.choices[0]?.delta?.content ?? "";
assert.equal(streamed, whole.choices[0].message.content);
const response = await openai.responses.create({ model: job.fine_tuned_model, input: "What is it?", max_output_tokens: 8 });
assert.ok(["completed", "incomplete"].includes(response.status));

const line = JSON.stringify({ custom_id: "one", method: "POST", url: "/v1/chat/completions", body: { model: job.fine_tuned_model, messages, max_tokens: 4 } });
const questions = await openai.files.create({ file: await toFile(Buffer.from(`${line}\n`), "questions.jsonl"), purpose: "batch" });
let batch = await openai.batches.create({ input_file_id: questions.id, endpoint: "/v1/chat/completions", completion_window: "24h" });
while (!["completed", "failed", "expired", "cancelled"].includes(batch.status)) { await rest(100); batch = await openai.batches.retrieve(batch.id); }
assert.equal(batch.status, "completed", JSON.stringify(batch.errors));
const answered = JSON.parse(await (await openai.files.content(batch.output_file_id)).text());
assert.equal(answered.custom_id, "one");

const names = [];
for await (const model of openai.models.list()) names.push(model.id);
assert.ok(names.includes(job.fine_tuned_model));
await openai.models.delete(job.fine_tuned_model);
await assert.rejects(openai.models.retrieve(job.fine_tuned_model), OpenAI.NotFoundError);
await openai.files.delete(file.id);
await assert.rejects(openai.files.retrieve(file.id), OpenAI.NotFoundError);
await assert.rejects(new OpenAI({ baseURL, apiKey: "sk-wrong", maxRetries: 0 }).files.list(), OpenAI.AuthenticationError);
console.log(JSON.stringify({ events: events.length, checkpoints: checkpoints.length, trained_tokens: job.trained_tokens, batch: batch.request_counts }));
