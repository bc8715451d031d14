// The page of `tuneset view`. Whatever comes of a row goes into text nodes, never into markup; nothing is fetched from
// elsewhere. The address holds filter, place and row, so that it can be shared.
"use strict";

const PAGE = 50;
const LISTS = ["side", "source", "code", "stage", "shape", "holds", "lacks", "language", "marked", "tagged", "column", "id"];
const SINGLE = ["tokens", "characters", "turns", "line", "text", "regex", "sort", "sample", "seed"];
const PICTURE = /^data:image\/(?:png|jpeg|webp|gif);base64,[A-Za-z0-9+/=\s]+$/;

const state = { about: null, filter: [], start: 0, row: null, page: null, shown: null, asked: 0, kept: 0 };

// --- building ------------------------------------------------------------------------------------------------------

function hitPattern() {
  const text = valueOf("text");
  if (text) return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "iu");
  try { return valueOf("regex") ? new RegExp(valueOf("regex").replace(/^\(\?i\)/, ""), valueOf("regex").startsWith("(?i)") ? "iu" : "u") : null; } catch { return null; }
}

const asText = (value) => {
  if (typeof value === "string") return value;
  const brief = JSON.stringify(value) ?? String(value);
  return brief.length <= 80 ? brief : JSON.stringify(value, null, 1);
};

// --- the address ---------------------------------------------------------------------------------------------------

function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  state.filter = [...given].filter(([name, value]) => value && (LISTS.includes(name) || SINGLE.includes(name)));
  state.start = Math.max(0, Number.parseInt(given.get("start") || "0", 10) || 0);
  state.row = given.get("row");
}

function address(change) {
  const next = { filter: state.filter, start: state.start, row: state.row, ...change };
  const given = new URLSearchParams(next.filter);
  if (next.start) given.set("start", next.start);
  if (next.row) given.set("row", next.row);
  return "#" + given.toString();
}

function go(change, replace) {
  const hash = address(change);
  if (hash === location.hash || (hash === "#" && !location.hash)) return refresh();
  if (replace) { history.replaceState(null, "", hash); return refresh(); }
  location.hash = hash;
  return undefined;
}

const valueOf = (name) => (state.filter.find(([key]) => key === name) || [null, ""])[1];
const isOn = (name, value) => state.filter.some(([key, held]) => key === name && held === value);

function setFilter(name, value, on = true) {
  const rest = state.filter.filter(([key, held]) => key !== name || (LISTS.includes(name) && held !== value));
  go({ filter: on && value ? [...rest, [name, value]] : rest, start: 0, row: null });
}

// --- asking --------------------------------------------------------------------------------------------------------

async function ask(path, body) {
  const given = body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(path, given);
  const found = await answer.json();
  if (!answer.ok) throw new Error([found.error, found.allowed && `allowed: ${found.allowed}`, found.hint].filter(Boolean).join("\n"));
  return found;
}

// --- filters -------------------------------------------------------------------------------------------------------

function choices(title, name, entries, most = 8) {
  if (!entries.length) return null;
  const boxes = entries.map(([value, number, label]) =>
    el("label", { class: "choice", title: label || value },
      el("input", { type: "checkbox", checked: isOn(name, value), onchange: (event) => setFilter(name, value, event.target.checked) }),
      el("span", {}, label || value), number === null ? null : el("span", { class: "number" }, count(number))));
  const rest = boxes.slice(most);
  return el("fieldset", {}, el("legend", {}, title), boxes.slice(0, most),
    rest.length ? el("details", { open: entries.slice(most).some(([value]) => isOn(name, value)) }, el("summary", {}, most ? `${rest.length} more` : `choose of ${rest.length}`), rest) : null);
}

function field(title, name, hint) {
  return el("label", {}, el("span", { class: "label" }, title),
    el("input", { type: "text", value: valueOf(name), placeholder: hint, autocomplete: "off", spellcheck: false,
      onchange: (event) => setFilter(name, event.target.value.trim()) }));
}

function drawFilters() {
  const about = state.about;
  const orders = about.orders.flatMap((one) => (one === "random" ? [["random", "random"]] : one === "file" ? [["file", "as in the files"]] :
    [[`-${one}`, `most ${one} first`], [one, `fewest ${one} first`]]));
  const more = ["tagged", "lacks", "language", "column", "line"].some((name) => valueOf(name));
  $("filters").replaceChildren(...[
    choices("Side", "side", Object.entries(about.sides).map(([side, number]) => [side, number, side === "row" ? "not divided" : side])),
    choices("Dropped for", "code", about.codes.map((one) => [one.code, one.rows, `${one.code} ${one.name}`])),
    choices("Source", "source", about.sources.map((one) => [one.name, one.rows])),
    choices("Shape", "shape", about.shapes.map((one) => [one, null])),
    choices("Holds", "holds", about.holds.map((one) => [one, null]), 0),
    choices("Marked", "marked", about.marked.map((one) => [one, about.marks[one] ?? null]), 0),
    el("div", { class: "pair" }, field("Tokens", "tokens", "100..200"), field("Turns", "turns", "2..")),
    el("div", { class: "pair" }, field("Characters", "characters", "..500"), field("Sample", "sample", "100")),
    el("label", {}, el("span", { class: "label" }, "Order"),
      el("select", { onchange: (event) => setFilter("sort", event.target.value === "file" ? "" : event.target.value) },
        orders.map(([value, label]) => el("option", { value, selected: (valueOf("sort") || "file") === value }, label)))),
    el("details", { open: more }, el("summary", {}, "More"),
      field("Seed of sample and random", "seed", "0"), field("Tag", "tagged", about.tags[0] || "a tag"),
      field("Language of the answer", "language", "en"), field("Lacks", "lacks", "system"),
      field("Column", "column", "label=true"), field("Line", "line", "1..100")),
    el("button", { type: "button", id: "hide-filters", class: "primary", onclick: showFilters }, "Show the rows"),
  ].filter(Boolean));
  $("chips").replaceChildren(...state.filter.map(([name, value]) =>
    el("button", { type: "button", class: "chip", "aria-label": `Remove the filter ${name} ${value}`,
      onclick: () => setFilter(name, value, false) }, `${name}: ${value} ×`)));
  $("text").value = valueOf("regex") || valueOf("text");
  $("as-regex").checked = Boolean(valueOf("regex"));
}

// In a narrow window filters and rows are shown one after the other.
function showFilters() {
  const open = $("filters").classList.toggle("open");
  $("show-filters").setAttribute("aria-expanded", open);
  if (!open) $("list").focus();
}

// --- the list ------------------------------------------------------------------------------------------------------

async function drawList() {
  const asked = ++state.asked;
  const given = new URLSearchParams(state.filter);
  given.set("start", state.start);
  given.set("count", PAGE);
  try {
    const page = await ask(`api/rows?${given}`);
    if (asked !== state.asked) return;
    state.page = page;
    problem(null);
  } catch (error) {
    if (asked === state.asked) problem(error);
    return;
  }
  const { rows, total, complete, searched, without_text: without, reads_texts: reads } = state.page;
  $("count").textContent = `${plural(total, "row")}${complete ? "" : ` so far, ${Math.round(searched * 100)} % searched`}` +
    (without ? `; ${plural(without, "row")} without text at hand` : "");
  const hit = hitPattern();
  const drawn = JSON.stringify([rows, reads, complete, state.filter]);
  if (drawn !== state.drawn) {
    state.drawn = drawn;
    const held = $("list").contains(document.activeElement) ? document.activeElement.closest("li") : null;
    $("list").replaceChildren(...rows.map((one) => listed(one, hit, reads)));
    const again = held && $("list").querySelector(`li[data-row="${held.dataset.row}"] a`);
    if (again) again.focus();
    if (!rows.length) $("list").append(el("li", { class: "soft" }, complete ? "No row is so." : "Searching…"));
  }
  const last = state.start + rows.length;
  $("range").textContent = rows.length ? `${count(state.start + 1)}–${count(last)}` : "";
  $("before").disabled = state.start === 0;
  $("after").disabled = last >= total;
  if (!complete || reads) setTimeout(() => { if (asked === state.asked) drawList(); }, complete ? 1000 : 250);
  markCurrent();
}

function listed(one, hit, reads) {
  return el("li", { "data-row": one.row }, el("a", { href: address({ row: String(one.row) }) },
    one.asked || one.has_text ? el("span", { class: "asked" }, shown(one.asked || "(no text)", null, hit)) : el("span", { class: "asked soft" }, reads ? "reading the text…" : "(the text is not at hand)"),
    one.answered ? el("span", { class: "answered" }, shown(one.answered, null, hit)) : null,
    el("span", { class: "where" }, side(one), el("span", {}, `${one.source}:${one.line}`),
      one.tokens === null ? null : el("span", {}, plural(one.tokens, "token")),
      one.turns > 2 ? el("span", {}, `${one.turns} turns`) : null,
      one.marks.decision ? el("span", { class: "badge mark" }, one.marks.decision) : null,
      one.marks.tags.map((tag) => el("span", { class: "badge mark" }, `#${tag}`)),
      one.marks.note ? el("span", { class: "badge mark" }, "note") : null)));
}

function side(one) {
  if (one.side === "dropped") return el("span", { class: "badge bad" }, `dropped: ${one.code} ${one.code_name || ""}`);
  return one.side === "row" ? null : el("span", { class: "badge" }, one.side);
}

function markCurrent() {
  for (const item of $("list").children) {
    const current = item.dataset.row === state.row;
    item.setAttribute("aria-current", current);
    if (current && state.at !== state.row) item.scrollIntoView({ block: "nearest" });
  }
  state.at = state.row;
}

// --- one row -------------------------------------------------------------------------------------------------------

async function drawRow(keepPlace) {
  document.body.classList.toggle("reading", state.row !== null);
  if (state.row === null) {
    state.shown = null;
    $("row").replaceChildren(el("p", { class: "empty" }, "Choose a row: j and k move, Enter opens, ? tells the keys."));
    return;
  }
  const wanted = state.row;
  let row;
  try {
    row = await ask(`api/rows/${encodeURIComponent(wanted)}`);
  } catch (error) {
    problem(error);
    return;
  }
  if (wanted !== state.row) return;
  state.shown = row;
  $("row").replaceChildren(...[
    el("button", { type: "button", class: "back", onclick: () => go({ row: null }) }, "← All rows"),
    heading(row), labels(row), marksOf(row), why(row),
    row.findings.filter((one) => messageOf(one) === null).map(finding),
    row.kept ? twin(row) : conversation(row), others(row), mask(row), cleaning(row), alike(row),
  ].flat().filter(Boolean));
  $("row").dataset.row = row.row;
  if (!keepPlace) $("row").scrollTop = 0;
}

function heading(row) {
  const { counted } = row;
  return el("div", { class: "row-head" }, el("h2", {}, `${row.source}:${row.line}${row.item ? `, example ${row.item + 1}` : ""}`), side(row),
    row.written_line ? el("span", { class: "soft" }, `line ${count(row.written_line)} of ${row.side}.jsonl`) : null,
    row.tokens !== null ? el("span", { class: "soft" }, plural(row.tokens, "token")) : null,
    row.trained_tokens !== null ? el("span", { class: "badge good" }, `${count(row.trained_tokens)} trained`) :
      counted && counted.trained !== null ? el("span", { class: "badge good", title: "tokens of the texts that are trained by role and weight" }, `${count(counted.trained)} of ${count(counted.all)} tokens trained`) : null,
    Object.entries(row.placeholders || {}).map(([kind, number]) => el("span", { class: "badge mark" }, `${number} redacted: ${kind.replaceAll("_", " ")}`)),
    el("span", { class: "soft" }, `id ${row.id}`));
}

function labels(row) {
  const held = row.marks.decision ? row.marks.decision.action : null;
  const button = (action, key, label) => el("button", { type: "button", "data-action": action, "aria-pressed": action in { keep: 1, drop: 1, edit: 1 } ? String(held === action) : null,
    disabled: !row.has_text, onclick: () => act(action) }, label, el("kbd", {}, key));
  return el("div", { class: "labels", role: "group", "aria-label": "Labels" }, button("keep", "y", "Keep"), button("drop", "d", "Drop"),
    button("edit", "e", "Edit"), button("tag", "t", "Tag"), button("note", "n", "Note"));
}

function marksOf(row) {
  return Object.entries(row.marks).filter(([, one]) => one.action !== "tag" || one.value.length).map(([, one]) => el("p", { class: "note" },
    `${one.action}${one.action === "tag" ? `: ${one.value.join(", ")}` : one.action === "note" ? `: ${one.value}` : ""} — by ${one.by}, ${one.at}` +
    (one.applied ? "; it is applied" : one.stale ? "; stale: the content has changed since" : ["drop", "edit"].includes(one.action) ? "; the next run applies it" : "")));
}

function why(row) {
  if (row.side !== "dropped") return null;
  return el("div", { class: "why" }, el("b", {}, `Dropped by ${row.stage}: ${row.code} ${row.code_name || ""}`),
    row.detail ? el("div", {}, row.detail) : null, row.remedy ? el("div", { class: "soft" }, `What to do: ${row.remedy}`) : null,
    row.has_text ? el("div", { class: "soft" }, "Shown as cleaned from its raw file, with placeholders for private data.") :
      el("div", { class: "soft" }, "Its text is not at hand: the raw file is not where the run read it, or the row gave no example."));
}

// The message that a finding is about, as [branch, place]; null for the whole row.
function messageOf(one) {
  const parts = one.parts[0] === "input" ? one.parts.slice(1) : one.parts;
  const branch = { messages: "prompt", preferred_output: "preferred", non_preferred_output: "non_preferred" }[parts[0]];
  return branch && Number.isInteger(parts[1]) ? `${branch} ${parts[1]}` : null;
}

function finding(one) {
  return el("div", { class: `finding ${one.severity}` }, el("span", { class: `badge ${one.severity === "error" ? "bad" : "warn"}` }, `${one.code} ${one.name}`),
    el("span", {}, one.path ? `${one.path}: ${one.message}` : one.message), one.hint ? el("span", { class: "hint" }, one.hint) : null);
}

function conversation(row) {
  if (row.raw) return [el("div", { class: "raw" }, shown(row.raw, null, hitPattern()))];
  const hit = hitPattern();
  const titles = { preferred: "Preferred answer", non_preferred: "Answer that is not preferred" };
  const drawn = [definitions(row.tools)];
  let branch = "prompt";
  for (const one of row.messages) {
    if (one.branch !== branch) { branch = one.branch; drawn.push(el("h3", {}, titles[branch])); }
    drawn.push(message(one, row, hit));
  }
  return drawn;
}

function message(one, row, hit) {
  const found = row.findings.filter((issue) => messageOf(issue) === `${one.branch} ${one.place}`);
  return el("section", { class: `message${one.trained ? " trained" : ""}`, "aria-label": `${one.role || "message"} ${one.place + 1}` },
    el("div", { class: "who" }, el("b", {}, String(one.role ?? "no role")), one.name ? el("span", {}, asText(one.name)) : null,
      one.tool_call_id ? el("span", {}, `answers ${asText(one.tool_call_id)}`) : null,
      one.tokens === undefined ? null : el("span", {}, plural(one.tokens, "token")),
      one.trained ? el("span", { class: "badge good" }, "trained") : null,
      "weight" in one ? el("span", { class: "badge" }, `weight ${asText(one.weight)}`) : null),
    el("div", { class: "body" },
      one.reasoning_content ? el("details", {}, el("summary", {}, "Reasoning"), el("div", { class: "said", dir: "auto" }, shown(asText(one.reasoning_content), row.placeholders, hit))) : null,
      one.role === "tool" ? answered(one.content, row, hit) : content(one.content, row, hit), calls(one, row), pairs(one.other), found.map(finding)));
}

function content(value, row, hit) {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return spoken(value, row, hit);
  if (!Array.isArray(value)) return el("div", { class: "code" }, asText(value));
  return value.map((part) => {
    if (part && typeof part === "object" && typeof part.text === "string") return spoken(part.text, row, hit);
    const url = part && part.image_url ? (typeof part.image_url === "string" ? part.image_url : part.image_url.url) : null;
    return typeof url === "string" ? picture(url) : el("div", { class: "code" }, asText(part));
  });
}

// What a tool gave, as a form where it is an object.
function answered(value, row, hit) {
  if (typeof value !== "string" || !value.trimStart().startsWith("{")) return content(value, row, hit);
  try { JSON.parse(value); } catch { return content(value, row, hit); }
  return fields(value, row);
}

// Code in fences stands in a box of its own.
function spoken(text, row, hit) {
  return text.split(/^(```[^\n]*\n[\s\S]*?^```[ \t]*$)/m).filter((part) => part !== "").map((part) =>
    el("div", { class: part.startsWith("```") ? "code" : "said", dir: "auto" }, shown(part.replace(/^\n|\n$/g, ""), row.placeholders, hit)));
}

function picture(url) {
  if (PICTURE.test(url)) return el("img", { class: "picture", src: url, alt: "picture of the row", loading: "lazy" });
  return el("div", { class: "code" }, `picture that is not fetched: ${url.length > 300 ? `${url.slice(0, 300)}… (${plural(url.length, "character")})` : url}`);
}

function calls(one, row) {
  const found = Array.isArray(one.tool_calls) ? one.tool_calls : [];
  const old = one.function_call ? [{ function: one.function_call }] : [];
  return [...found, ...old].map((call) => {
    const named = call && call.function ? call.function : {};
    return el("div", { class: "call" }, el("h4", {}, `calls ${asText(named.name ?? "?")}${call && call.id ? `  (${asText(call.id)})` : ""}`), fields(named.arguments, row));
  });
}

// Arguments as a form; what is no object as it is.
function fields(given, row) {
  let value = given;
  if (typeof given === "string") { try { value = JSON.parse(given); } catch { value = given; } }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    return value === undefined ? null : el("div", { class: "code" }, shown(asText(value), row.placeholders));
  }
  return el("dl", { class: "fields" }, Object.entries(value).map(([key, held]) => [el("dt", {}, key), el("dd", { dir: "auto" }, shown(asText(held), row.placeholders))]));
}

function definitions(tools) {
  if (!tools || !tools.length) return null;
  return el("details", { class: "block" }, el("summary", {}, plural(tools.length, "tool")), tools.map((tool) => {
    const named = tool && tool.function ? tool.function : tool || {};
    const properties = named.parameters && typeof named.parameters === "object" ? named.parameters.properties : null;
    return el("div", { class: "call" }, el("h4", {}, asText(named.name ?? "?")),
      named.description ? el("div", { class: "body said" }, asText(named.description)) : null,
      properties && typeof properties === "object" ? fields(properties, {}) : fields(named.parameters, {}));
  }));
}

const pairs = (given) => (given && Object.keys(given).length ? fields(given, {}) : null);

function others(row) {
  if (!row.other || !Object.keys(row.other).length) return null;
  return el("section", { class: "block" }, el("h3", {}, "Other keys of the line"), pairs(row.other));
}

function mask(row) {
  if (!row.mask) return null;
  if (row.mask.error) return el("p", { class: "soft block" }, `The template does not render it: ${row.mask.error}`);
  return el("details", { class: "block" }, el("summary", {}, `What the model sees: ${count(row.mask.trained_tokens)} of ${count(row.mask.tokens)} tokens trained`),
    el("p", { class: "legend" }, `by the recipe ${row.mask.recipe}; green is trained, pale is the template's`),
    el("div", { class: "code" }, row.mask.segments.map((one) => el("span", { class: `seg ${one.kind}${one.trained ? " on" : ""}`,
      title: `${one.role ? `${one.role}, ` : ""}${one.kind.replaceAll("_", " ")}, ${plural(one.tokens, "token")}${one.trained ? ", trained" : ""}` }, shown(one.text)))));
}

function cleaning(row) {
  if (!state.about.has_ledger) return null;
  const body = el("div", {}, el("p", { class: "soft" }, "reading the raw file…"));
  const made = el("details", { class: "block", id: "changes" }, el("summary", {}, "What cleaning changed"), body);
  made.addEventListener("toggle", async () => {
    if (!made.open || made.dataset.read) return;
    made.dataset.read = "yes";
    try { body.replaceChildren(...changed(await ask(`api/rows/${row.row}/changes`))); } catch (error) { problem(error); }
  });
  return made;
}

function changed(found) {
  if (!found.known) return [el("p", { class: "soft" }, "The raw file is not where the run read it.")];
  const drawn = found.changes.map((one) => el("div", { class: "step" },
    el("div", { class: "soft" }, `${one.step.replaceAll("_", " ")}${one.turn === null ? "" : `, message ${one.turn + 1}`}${one.column === "content" ? "" : `, ${one.column}`}${one.removed ? ": removed" : ""}`),
    drawnPieces(one.pieces)));
  const kinds = Object.entries(found.redacted);
  if (kinds.length) drawn.unshift(el("p", {}, `Redacted: ${kinds.map(([kind, number]) => `${kind.replaceAll("_", " ")} ${number}`).join(", ")}; the values are not shown.`));
  return drawn.length ? drawn : [el("p", { class: "soft" }, "Nothing was changed in it.")];
}

// A duplicate beside the row that is kept for it, and what the two say differently.
function twin(row) {
  const box = el("div", { class: "beside" });
  const column = (one, title) => el("div", {}, el("h3", {}, title), el("a", { href: address({ row: String(one.row) }) }, `${one.source}:${one.line}`), " ", side(one), conversation(one));
  ask(`api/rows/${row.kept.row}`).then((kept) => box.replaceChildren(column(row, "This row"), column(kept, "Kept for it")), problem);
  return el("section", { class: "block", id: "twin" },
    row.differences.map((one) => el("div", { class: "step" }, el("div", { class: "soft" }, `message ${one.place + 1} differs`), drawnPieces(one.pieces))),
    row.has_text && !row.differences.length ? el("p", { class: "soft" }, "Both say the same.") : null, box);
}

// What stays, goes and comes; of what stays for long only the ends.
function drawnPieces(pieces) {
  return el("div", { class: "code" }, pieces.map(([kind, text]) => {
    if (kind !== "=") return el(kind === "+" ? "ins" : "del", {}, shown(text));
    return shown(text.length > 400 ? `${text.slice(0, 150)} … ${text.slice(-150)}` : text);
  }));
}

function alike(row) {
  const drawn = [];
  if (row.alike.length) {
    drawn.push(el("section", { class: "block" }, el("h3", {}, "Dropped in its favour"),
      el("ul", {}, row.alike.map((one) => el("li", {}, el("a", { href: address({ row: String(one.row) }) }, `${one.source}:${one.line}`), ` ${one.code} ${one.code_name}`)))));
  }
  return drawn;
}

// --- labels and edits ----------------------------------------------------------------------------------------------

async function set(action, value, rows) {
  try {
    const found = await ask("api/marks", { action, value, rows });
    close();
    say(`${action}: ${plural(found.marked, "row")} marked`);
    state.about = await ask("api/dataset");
    drawFilters();
    await Promise.all([drawRow(true), drawList()]);
  } catch (error) {
    problem(error);
    say(error.message);
  }
}

function act(action) {
  const row = state.shown;
  if (!row || !row.has_text) return;
  if (action === "keep" || action === "drop") set(action, null, [row.row]);
  else if (action === "edit") edit(row);
  else if (action === "tag") askTag((tags) => set("tag", tags, [row.row]), row.marks.tag ? row.marks.tag.value : []);
  else askNote(row);
}

function askTag(then, held) {
  const input = el("input", { type: "text", value: held.join(", "), id: "tags", spellcheck: false });
  dialog("Tags of the row", el("form", {}, el("label", { for: "tags" }, "Names, with commas between"), input,
    actions("Set", () => then(input.value.split(",").map((one) => one.trim()).filter(Boolean)))));
}

function askNote(row) {
  const input = el("textarea", { value: row.marks.note ? row.marks.note.value : "", id: "note", dir: "auto" });
  dialog("Note on the row", el("form", {}, el("label", { for: "note" }, "For people; no run reads it"), input, actions("Set", () => set("note", input.value, [row.row]))));
}

function edit(row) {
  const example = structuredClone(row.example);
  const holder = example.input && typeof example.input === "object" ? example.input : example;
  const lists = [["", holder.messages], ["preferred: ", example.preferred_output], ["not preferred: ", example.non_preferred_output]];
  const told = el("div", { role: "alert" });
  const body = el("div", {});
  const draw = () => body.replaceChildren(...lists.flatMap(([label, list]) => (Array.isArray(list) ? list : []).map((one, place) => {
    const plain = typeof one.content === "string" || one.content === null || one.content === undefined;
    const id = `edit-${label}${place}`;
    const area = el("textarea", { id, value: plain ? one.content ?? "" : JSON.stringify(one.content, null, 1), dir: "auto", rows: 5,
      oninput: () => {
        if (plain) { if (area.value || typeof one.content === "string") one.content = area.value; return; }
        try { one.content = JSON.parse(area.value); area.setCustomValidity(""); } catch { area.setCustomValidity("no JSON"); }
      } });
    return el("div", { class: "edit-message" }, el("div", { class: "pair" },
      el("label", { for: id }, el("b", {}, `${label}${place + 1}. `)),
      el("select", { "aria-label": "Role", onchange: (event) => { one.role = event.target.value; } },
        [...new Set([String(one.role), "system", "user", "assistant", "tool", "developer"])].map((role) => el("option", { value: role, selected: role === one.role }, role))),
      el("button", { type: "button", onclick: () => { list.splice(place, 1); draw(); } }, "Remove")), area);
  })), el("button", { type: "button", onclick: () => { (holder.messages || []).push({ role: "assistant", content: "" }); draw(); } }, "Add a message"));
  draw();
  dialog("Edit the row", el("form", {}, body, told, el("div", { class: "actions" },
    el("button", { type: "button", onclick: async () => {
      try {
        const found = await ask("api/check", example);
        told.replaceChildren(...(found.findings.length ? found.findings.map(finding) : [el("p", { class: "soft" }, "No rule minds it.")]));
      } catch (error) { told.textContent = error.message; }
    } }, "Check"),
    el("button", { type: "button", onclick: close }, "Cancel"),
    el("button", { type: "submit", class: "primary", onclick: (event) => { event.preventDefault(); set("edit", example, [row.row]); } }, "Save"))));
}

function bulk() {
  const total = state.page ? state.page.total : 0;
  if (!state.page || !state.page.complete) { say("The search goes on; mark all when it is complete."); return; }
  const tag = el("input", { type: "text", id: "bulk-tag", placeholder: "names of tags, with commas between", "aria-label": "Tags" });
  const choice = el("select", { id: "bulk-action", "aria-label": "Label" }, ["drop", "keep", "tag"].map((one) => el("option", { value: one }, one)));
  dialog(`Mark all ${plural(total, "row")} of this filter`, el("form", {}, el("p", { class: "soft" }, state.filter.length ? state.filter.map(([name, value]) => `${name}: ${value}`).join(", ") : "no filter is in force: this is every row"),
    el("div", { class: "pair" }, choice, tag), actions(`Mark ${plural(total, "row")}`, async () => {
      const value = choice.value === "tag" ? tag.value.split(",").map((one) => one.trim()).filter(Boolean) : null;
      try {
        const found = await ask("api/marks", { action: choice.value, value, filter: state.filter });
        close();
        say(`${choice.value}: ${plural(found.marked, "row")} marked`);
        await start();
      } catch (error) { say(error.message); }
    })));
}

function help() {
  const keys = [["j / k", "next / previous row"], ["Enter", "open the row"], ["Escape", "back to the list"], ["/", "find text"], ["[ / ]", "page before / after"],
    ["y", "keep: looked at and fine; takes a drop back"], ["d", "drop in the next run"], ["e", "edit"], ["t", "tag"], ["n", "note"], ["c", "what cleaning changed"], ["r", "another random sample"], ["?", "this help"]];
  dialog("Keys", el("dl", { class: "keys" }, keys.map(([key, what]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, what)])),
    el("p", { class: "soft" }, `Labels go to ${state.about.review_file}, set by ${state.about.by}. A run applies them with review.file in params.yaml. Tokens are counted by ${state.about.encoding}.`),
    el("div", { class: "actions" }, el("button", { type: "button", class: "primary", onclick: close }, "Close")));
}

// --- keys ----------------------------------------------------------------------------------------------------------

function move(step) {
  const rows = state.page ? state.page.rows : [];
  const at = rows.findIndex((one) => String(one.row) === state.row);
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step;
  if (rows[next]) return go({ row: String(rows[next].row) }, true);
  return turn(step, true);
}

function turn(step, open) {
  const start = Math.max(0, state.start + step * PAGE);
  if (start === state.start || start >= state.page.total) return;
  state.opening = open ? step : 0;
  go({ start, row: null });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog").open) return;
  const typing = event.target instanceof Element && event.target.closest("input:not([type=checkbox]), textarea, select");
  if (event.key === "Escape") {
    if (typing) event.target.blur();
    else if (state.row !== null) { go({ row: null }); $("list").focus(); }
    return;
  }
  if (typing) return;
  const does = { j: () => move(1), k: () => move(-1), "/": () => { $("text").focus(); $("text").select(); }, "?": help, "[": () => turn(-1), "]": () => turn(1),
    y: () => act("keep"), d: () => act("drop"), e: () => act("edit"), t: () => act("tag"), n: () => act("note"),
    c: () => { const box = $("changes"); if (box) { box.open = !box.open; box.scrollIntoView({ block: "nearest" }); } },
    r: () => go({ filter: [...state.filter.filter(([name]) => name !== "sort" && name !== "seed"), ["sort", "random"], ["seed", String(Number(valueOf("seed") || 0) + 1)]], start: 0, row: null }),
  }[event.key];
  if (does) { event.preventDefault(); does(); }
  else if (event.key === "Enter" && event.target === $("list")) { if (state.row === null) move(1); $("row").focus(); }
});

// --- all together --------------------------------------------------------------------------------------------------

async function refresh() {
  readAddress();
  const key = JSON.stringify([state.filter, state.start]);
  drawFilters();
  if (key !== state.kept || !state.page) {
    state.kept = key;
    await drawList();
    if (state.opening && state.page && state.page.rows.length) {
      const rows = state.page.rows;
      const row = rows[state.opening > 0 ? 0 : rows.length - 1].row;
      state.opening = 0;
      return go({ row: String(row) }, true);
    }
  }
  markCurrent();
  return drawRow();
}

async function start() {
  try {
    state.about = await ask("api/dataset");
  } catch (error) { problem(error); return; }
  $("title").textContent = state.about.title;
  $("title").title = state.about.title;
  document.title = `${state.about.title} – tuneset view`;
  state.kept = 0;
  await refresh();
}

$("find").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = $("as-regex").checked ? "regex" : "text";
  const rest = state.filter.filter(([key]) => key !== "text" && key !== "regex");
  go({ filter: $("text").value ? [...rest, [name, $("text").value]] : rest, start: 0, row: null });
  $("list").focus();
});
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("show-filters").addEventListener("click", showFilters);
$("before").addEventListener("click", () => turn(-1));
$("after").addEventListener("click", () => turn(1));
$("bulk").addEventListener("click", bulk);
$("help").addEventListener("click", help);
window.addEventListener("hashchange", refresh);
start();
