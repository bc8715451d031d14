// What the pages of `tuneset view` and `tuneset serve` are built with. Whatever comes of data goes into text nodes, never into
// markup; nothing is fetched from elsewhere.
"use strict";

// What cannot be seen, or turns the direction of what follows.
const ODD = /([\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff])(?:\1{3,})?/u; // many of one kind are one find
const $ = (id) => document.getElementById(id);

function el(name, given, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(given || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key in made && key !== "form" && key !== "list") made[key] = value;
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

const count = (number) => (number === null || number === undefined ? "–" : Number(number).toLocaleString("en"));
const several = (word) => `${word}${word.endsWith("tch") ? "es" : "s"}`;
const plural = (number, word) => `${count(number)} ${number === 1 ? word : several(word)}`;

// A text in pieces: what cannot be seen is named, placeholders and what was searched for stand out.
function shown(text, kinds, hit) {
  const found = [];
  const patterns = [[ODD, (m) => el("span", { class: "odd", title: "a character that cannot be seen" }, code(m[1]), m[0] === m[1] ? "" : ` ×${count([...m[0]].length)}`)]];
  if (kinds && Object.keys(kinds).length) {
    patterns.push([new RegExp(`<(${Object.keys(kinds).join("|").toUpperCase()})_\\d+>`), (m) => el("span", { class: "private", title: `redacted: ${m[1].toLowerCase().replaceAll("_", " ")}` }, m[0])]);
  }
  if (hit) patterns.push([hit, (m) => el("mark", { class: "hit" }, m[0])]);
  let rest = text;
  while (rest) {
    let best = null;
    for (const [pattern, make] of patterns) {
      const match = pattern.exec(rest);
      if (match && match[0] && (best === null || match.index < best[0].index)) best = [match, make];
    }
    if (best === null) { found.push(rest); break; }
    if (best[0].index) found.push(rest.slice(0, best[0].index));
    found.push(best[1](best[0]));
    rest = rest.slice(best[0].index + best[0][0].length);
  }
  return found;
}

const code = (character) => "U+" + character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");

function problem(error) {
  $("problem").textContent = error ? error.message : "";
  $("problem").hidden = !error;
}

function say(text) {
  $("said").textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { $("said").textContent = ""; }, 4000);
}

function dialog(title, ...children) {
  const box = $("dialog");
  box.replaceChildren(el("h2", { id: "dialog-title" }, title), ...children.flat().filter(Boolean));
  if (!box.open) box.showModal();
  const first = box.querySelector("input, textarea, select");
  if (first) first.focus();
}

const close = () => $("dialog").close();
const actions = (label, act, kind = "primary") => el("div", { class: "actions" }, el("button", { type: "button", onclick: close }, "Cancel"),
  el("button", { type: "submit", class: kind, onclick: (event) => { event.preventDefault(); act(); } }, label));
