// Curves of a job's metrics, drawn as SVG. Names of metrics are data; they become text, never markup.
"use strict";

const POINT_PX = 3; // points that would lie closer are averaged
const HEIGHT = 240;
const MARGIN = { top: 12, right: 14, bottom: 26, left: 52 };
let readStep = null; // where somebody reads, kept when the curves grow
const SIDES = { train: "training", valid: "validation, sampled", full_valid: "validation, whole" };
const BESIDE = "beside_"; // what the curves of another job begin with
const sideName = (side, what) => (side.startsWith(BESIDE) ? `${state.beside.name}: ${sideName(side.slice(BESIDE.length), what)}` : SIDES[side] || what);

function svg(name, given, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(given || {})) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Events of metrics as curves by what they measure: {loss: {train: [[step, value], …], valid: …}, …}.
function curvesOf(events) {
  const found = new Map();
  for (const { data } of events) {
    for (const [name, value] of Object.entries(data || {})) {
      if (name === "step" || name === "total_steps" || typeof value !== "number" || !Number.isFinite(value)) continue;
      const [, side, what] = /^(full_valid|train|valid)_(.+)$/.exec(name) || [null, "other", name];
      if (!found.has(what)) found.set(what, new Map());
      const sides = found.get(what);
      if (!sides.has(side)) sides.set(side, []);
      sides.get(side).push([data.step, value]);
    }
  }
  return found;
}

function thinned(points, most) {
  if (points.length <= most) return points;
  const size = points.length / most;
  return Array.from({ length: most }, (_, at) => {
    const some = points.slice(Math.floor(at * size), Math.floor((at + 1) * size));
    return [some[some.length - 1][0], some.reduce((sum, one) => sum + one[1], 0) / some.length];
  });
}

// Round numbers from `low` to `high`, about `most` of them.
function ticks(low, high, most) {
  const raw = (high - low) / most || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= raw);
  const found = [];
  for (let at = Math.ceil(low / step); at * step <= high + step * 1e-9; at += 1) found.push(at * step);
  return found;
}

const short = (value) => (Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(1) : String(Number(value.toPrecision(4))));

// Draws the curves of one measure into `box`, as wide as it is; `steps` is the length of the whole job.
function drawCurves(box, what, sides, steps) {
  const width = Math.max(260, box.clientWidth);
  const all = [...sides.values()].flat();
  const values = all.map((one) => one[1]);
  let [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
  [low, high] = [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
  const last = Math.max(steps || 0, ...all.map((one) => one[0]), 2);
  const x = (step) => MARGIN.left + ((step - 1) / (last - 1)) * (width - MARGIN.left - MARGIN.right);
  const y = (value) => HEIGHT - MARGIN.bottom - ((value - low) / (high - low)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const drawn = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", tabindex: "0", "aria-label": spokenCurves(what, sides, steps) });
  for (const value of ticks(low, high, 5)) {
    drawn.append(svg("line", { class: "grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value) }),
      svg("text", { x: MARGIN.left - 6, y: y(value) + 4, "text-anchor": "end" }, short(value)));
  }
  for (const step of ticks(1, last, Math.max(3, width / 110)).filter((one) => Number.isInteger(one) && one >= 1)) {
    drawn.append(svg("text", { x: x(step), y: HEIGHT - 8, "text-anchor": "middle" }, count(step)));
  }
  drawn.append(svg("line", { class: "axis", x1: MARGIN.left, x2: width - MARGIN.right, y1: HEIGHT - MARGIN.bottom, y2: HEIGHT - MARGIN.bottom }));
  for (const [side, points] of sides) {
    const line = thinned(points, Math.floor(width / POINT_PX)).map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`);
    if (points.length > 1) drawn.append(svg("polyline", { class: `line ${side}`, points: line.join(" ") }));
    if (points.length <= 40 && !side.startsWith(BESIDE)) points.forEach(([step, value]) => drawn.append(svg("circle", { class: `dot ${side}`, cx: x(step), cy: y(value), r: 3 })));
  }
  const cursor = svg("line", { class: "cursor", y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom, visibility: "hidden" });
  drawn.append(cursor);
  const readout = el("div", { class: "readout", role: "status", "aria-live": "polite" });
  const known = [...new Set(all.map((one) => one[0]))].sort((one, two) => one - two);
  let at = known.length - 1;
  const point = (place) => {
    at = Math.min(known.length - 1, Math.max(0, place));
    const step = readStep = known[at];
    cursor.setAttribute("x1", x(step));
    cursor.setAttribute("x2", x(step));
    cursor.setAttribute("visibility", "visible");
    readout.textContent = [`step ${count(step)}`, ...[...sides].map(([side, points]) => [side, points.find((one) => one[0] === step)])
      .filter(([, held]) => held).map(([side, held]) => `${sideName(side, what)} ${held[1].toPrecision(5)}`)].join(" · ");
  };
  drawn.addEventListener("pointermove", (event) => {
    const place = drawn.getBoundingClientRect();
    const step = 1 + ((event.clientX - place.left) / place.width * width - MARGIN.left) / (width - MARGIN.left - MARGIN.right) * (last - 1);
    point(known.reduce((best, one, number) => (Math.abs(one - step) < Math.abs(known[best] - step) ? number : best), 0));
  });
  drawn.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: known.length - 1 }[event.key];
    if (to !== undefined) { event.preventDefault(); point(to); }
  });
  const legend = el("div", { class: "legend" }, [...sides.keys()].map((side) =>
    el("span", {}, svg("svg", { viewBox: "0 0 22 10", "aria-hidden": "true" }, svg("line", { class: `line ${side}`, x1: 0, x2: 22, y1: 5, y2: 5 })),
      sideName(side, what))));
  box.replaceChildren(legend, drawn, readout);
  if (known.includes(readStep)) point(known.indexOf(readStep));
}

function spokenCurves(what, sides, steps) {
  const said = [...sides].map(([side, points]) => `${sideName(side, what)}: ${points[0][1].toPrecision(3)} at first, ${points[points.length - 1][1].toPrecision(3)} at step ${points[points.length - 1][0]}`);
  return `${what} by step${steps ? ` of ${steps}` : ""}. ${said.join("; ")}. Left and right arrow read single steps.`;
}
