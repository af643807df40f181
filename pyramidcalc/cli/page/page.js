// The page: a command line and its form, the answer, a graph, a table and two maps. Python answers `ask(question, values)`;
// in a report that is only a file, the answers stand in it (#known).
const $ = (id) => document.getElementById(id);
const el = (tag, values = {}, ...inside) => { const e = Object.assign(document.createElement(tag), values); e.append(...inside); return e; };
const known = $("known") && JSON.parse($("known").textContent);
// `at` is a row and a column of the layer's map; `place` says so in words, or null; `view` and `input` are null until they are chosen.
const fresh = { layer: null, place: "centre", pinned: false, input: null };
const state = { line: "", shown: null, at: [], view: null, open: new Set(), ...fresh };
const probe = document.body.appendChild(el("i", { hidden: true }));
const colour = (name) => { probe.style.color = `var(--${name})`; return getComputedStyle(probe).color; };

async function ask(question, values) {
  if (known) return known[question][`${values.layer} ${values.at}`] ?? { unknown: "not in this file; `pyramidcalc explore` shows every layer and pixel" };
  try {
    const reply = await fetch(`ask/${question}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(values) });
    return reply.ok ? await reply.json() : { error: await reply.text() };
  } catch { return { error: "nobody answers: the program behind this page has ended; start `pyramidcalc explore` again" }; }
}
// Of calls that come while one is under way only the last is made, when that one is done.
function latest(work) {
  let busy = false, next = null;
  return async function call(...values) {
    if (busy) { next = values; return; }
    busy = true;
    try { await work(...values); } finally { busy = false; }
    if (next) { const again = next; next = null; await call(...again); }
  };
}

// --- the command line and the form that writes it
const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`);
function lineOf({ name, form }) {
  const words = [name];
  for (const { kind, flag, says, several, value, default: usual } of form) {
    const text = value.trim();
    if (!text || (kind !== "text" && text === usual)) continue;
    if (says) words.push(says[text]);
    else if (several === "each") for (const one of text.split(/\s+/)) words.push(flag, quoted(one));
    else words.push(...(flag ? [flag] : []), ...(several ? text.split(/[\s,]+/) : [text]).map(quoted));
  }
  return words.join(" ");
}
function drawForm({ name, about, form }) {
  const shape = name + form.map((f) => f.name);
  $("about").textContent = about;
  if ($("form").dataset.of !== shape) $("form").replaceChildren(...form.toSorted((a, b) => b.leads - a.leads).map(fieldOf));
  $("form").dataset.of = shape;
  for (const f of form) {
    const e = $(`f-${f.name}`);
    e.placeholder = f.default || "–";
    e.closest("label").classList.toggle("given", f.value !== "" && f.value !== f.default);
    e.checked = (f.value || f.default) === "yes";
    if (e !== document.activeElement || e.type !== "text") e.value = f.value || (f.kind === "choice" ? f.default : "");
  }
}
function fieldOf({ name, label, kind, choices, help }) {
  const id = `f-${name}`, said = el("small", { textContent: help, id: `${id}-help` }), title = el("span", { className: "name", textContent: label });
  const e = kind === "choice" ? el("select", { id, ariaLabel: label }, ...choices.map((c) => new Option(c || "–", c)))
    : el("input", { type: kind === "box" ? "checkbox" : "text", id, ariaLabel: label, spellcheck: false, autocomplete: "off" });
  e.setAttribute("aria-describedby", said.id);
  return el("label", { className: `field ${kind}` }, title, e, said);
}
function readForm() {
  for (const f of state.shown.form) { const e = $(`f-${f.name}`); f.value = f.kind === "box" ? (e.checked ? "yes" : "no") : e.value; }
  write(lineOf(state.shown));
}
function write(line) { $("line").value = line; run(line); }

// --- the answer
const run = latest(async (line) => {
  const begun = performance.now();
  state.line = line;
  if (!known) history.replaceState(null, "", `#${encodeURIComponent(line)}`);
  const shown = known ? known.shown : await ask("analyse", { line });
  $("results").classList.toggle("stale", !!shown.error);
  $("line").ariaInvalid = !!shown.error;
  $("wrong").textContent = [shown.error, shown.hint].filter(Boolean).join("; ");
  if (!shown.error) await show(shown);
  $("time").textContent = `${Math.round(performance.now() - begun)} ms`;
  document.body.dataset.answered = +(document.body.dataset.answered ?? 0) + 1;
});
async function show(shown) {
  if (state.shown?.name !== shown.name) Object.assign(state, fresh, { open: new Set() });
  state.shown = shown;
  document.title = `${shown.name} · pyramidcalc`;
  $("results").hidden = false;
  if (!known) {
    // `model` and `chain` are no names to start from: they need what they are made of.
    if (![...$("architecture").options].some((o) => o.value === shown.name)) $("architecture").add(new Option(shown.name));
    $("architecture").value = shown.name;
    drawForm(shown);
  }
  if (!row()) state.layer = shown.layer;
  $("tiles").replaceChildren(...shown.tiles.map((t) => el("div", {}, el("dt", { textContent: t.label }), el("dd", {}, bold(t.big), t.small))));
  $("notes").replaceChildren(...shown.notes.map((n) => el("p", { className: n.kind }, el("b", { textContent: n.label }), n.text)));
  $("graph-card").hidden = !shown.graph;
  $("graph").innerHTML = shown.graph;
  drawTable();
  await look();
}
const row = () => state.shown.rows.find(({ layer }) => layer === state.layer);
// A shape breaks after a sign of multiplication, words where they do.
const bold = (text) => el("b", {}, ...(text.includes(" ") ? [text] : text.split(/(?<=×)/).flatMap((part) => [part, el("wbr")])));
function drawTable() {
  const { columns, rows, left_out } = state.shown, { open } = state;
  let folded = Infinity;
  const visible = rows.filter(({ name, level, opens }) => {
    if (level > folded) return false;
    folded = opens && !open.has(name) ? level : Infinity;
    return true;
  });
  $("table").replaceChildren(
    el("thead", {}, el("tr", {}, ...columns.map((c) => el("th", { textContent: c.heading, scope: "col", className: c.align })))),
    el("tbody", {}, ...visible.map((each) => lineFor(each, columns))));
  $("unfold").hidden = !rows.some(({ opens }) => opens);
  $("unfold").textContent = open.size ? "fold all" : "unfold all";
  $("left-out").textContent = left_out;
  mark();
}
function lineFor({ name, layer, level, opens, cells: [first, ...others] }, [, ...columns]) {
  const head = el("th", { scope: "row" }, el("button", { type: "button", textContent: first.text })), open = state.open.has(name);
  head.style.setProperty("--level", level);
  if (opens) {
    head.prepend(el("button", { type: "button", className: "fold", textContent: open ? "▾" : "▸", ariaExpanded: open, ariaLabel: `layers of ${name}` }));
    head.firstChild.dataset.fold = name;
  }
  const line = el("tr", {}, head, ...others.map(({ text, exact, share }, i) => {
    const cell = el("td", { textContent: text, title: exact ?? "", className: columns[i].align });
    cell.style.setProperty("--share", `${share ?? 0}%`);
    return cell;
  }));
  Object.assign(line.dataset, { layer, name });
  return line;
}
function mark() { for (const e of document.querySelectorAll("[data-layer]")) e.ariaCurrent = e.dataset.layer === state.layer; }

// --- the two maps: an image is rows × columns, a sequence one row, a vector one pixel
function fit(canvas, [rows, columns]) {
  const side = Math.min(44, canvas.parentElement.clientWidth / columns, 460 / rows), [wide, tall] = [columns, rows].map((n) => Math.max(44, side * n));
  Object.assign(canvas.style, { width: `${wide}px`, height: `${tall}px` });
  canvas.width = Math.round(wide * devicePixelRatio);
  canvas.height = Math.round(tall * devicePixelRatio);
  const c = canvas.getContext("2d");
  c.scale(canvas.width / columns, canvas.height / rows);
  c.fillStyle = colour("map");
  c.fillRect(0, 0, columns, rows);
  return c;
}
const pixel = (c) => { const { a, d } = c.getTransform(); return [1 / a, 1 / d]; };
function grid(c, [rows, columns]) {
  const [px, py] = pixel(c);
  c.fillStyle = colour("line");
  if (px < 0.2) for (let x = 1; x < columns; x++) c.fillRect(x - px / 2, 0, px, rows);
  if (py < 0.2) for (let y = 1; y < rows; y++) c.fillRect(0, y - py / 2, columns, py);
}
// A frame lies outside the pixels that it holds, or at the border where these reach it.
function frame(c, [rows, columns], [top, bottom, left, right], paint, dashes) {
  const [px, py] = pixel(c), [t, b, l, r] = [Math.max(top - py, py), Math.min(bottom + 1 + py, rows - py), Math.max(left - px, px), Math.min(right + 1 + px, columns - px)];
  c.save();
  c.resetTransform();
  Object.assign(c, { strokeStyle: colour(paint), lineWidth: 2 });
  c.setLineDash(dashes);
  c.strokeRect(l / px, t / py, (r - l) / px, (b - t) / py);
  c.restore();
}
// Weights as bytes, in 256 shades from the ground to the strongest.
function heat(c, [top, left, height, width], data) {
  const canvas = el("canvas", { width: 256, height: 1 }), paint = canvas.getContext("2d"), image = new ImageData(width, height);
  const ramp = paint.createLinearGradient(0.5, 0, 255.5, 0);
  ["map", "faint", "middling", "strong"].forEach((name, i) => ramp.addColorStop(i / 3, colour(name)));
  paint.fillStyle = ramp;
  paint.fillRect(0, 0, 256, 1);
  const shades = new Uint32Array(paint.getImageData(0, 0, 256, 1).data.buffer);
  new Uint32Array(image.data.buffer).set(Array.from(atob(data), (sign) => shades[sign.charCodeAt()]));
  Object.assign(canvas, { width, height });
  paint.putImageData(image, 0, 0);
  c.imageSmoothingEnabled = pixel(c)[0] > 1;
  c.drawImage(canvas, left, top, width, height);
}
const look = latest(async () => {
  const chosen = row();
  mark();
  $("look").hidden = !chosen;
  if (!chosen) return;
  const { layer, map, rank } = chosen;
  name("out-name", layer, chosen.shape);
  $("out").hidden = !map;
  $("out-text").textContent = "";
  if (!map) return explain("a volume has no flat picture; `pyramidcalc reach` and `pyramidcalc erf` answer at the prompt");
  const at = state.at = map.map((n, axis) => ({ centre: n >> 1, corner: 0 })[state.place] ?? Math.min(state.at[axis], n - 1));
  const c = fit($("out"), map), [px, py] = pixel(c).map((p) => Math.max(1, 6 * p));
  grid(c, map);
  c.fillStyle = colour("red");
  c.fillRect(at[1] + 0.5 - px / 2, at[0] + 0.5 - py / 2, px, py);
  $("out-text").textContent = ["the vector", `position ${at[1]}`, `row ${at[0]}, column ${at[1]}`][rank] + (state.pinned ? ", pinned" : "");
  $("out").ariaLabel = `output of ${layer}: ${$("out-text").textContent}`;
  press("at", state.place);
  const values = { line: state.line, layer, at: at.slice(2 - rank), input: state.input };
  let answer = await ask(state.view ?? "reads", values);
  // Where all is read, the question is how much each pixel counts.
  if (!state.view && answer.all) { const weights = await ask("weights", values); answer = weights.data ? weights : answer; }
  press("view", state.view ?? (answer.data ? "weights" : "reads"));
  if (!answer.size) return explain(answer.unknown ?? answer.error);
  $("in").hidden = false;
  $("whose").hidden = answer.inputs.length < 2;
  $("input").replaceChildren(...answer.inputs.map((n) => new Option(n, n, false, n === answer.input)));
  name("in-name", answer.input, answer.shape);
  $("in-text").textContent = answer.text;
  draw(answer);
  $("in").dataset.of = `${layer} ${values.at}`;
  $("in").ariaLabel = `${answer.input}: ${answer.text}`;
});
function draw({ size, entries, box, data }) {
  const c = fit($("in"), size);
  if (data) heat(c, box, data);
  for (const { paint, runs = [] } of entries) {
    c.fillStyle = colour(paint);
    for (const [rows, columns] of runs) for (const [top, bottom] of rows) for (const [left, right] of columns) c.fillRect(left, top, right - left, bottom - top);
  }
  if (!data) grid(c, size);
  for (const { paint, hull } of entries) if (hull) frame(c, size, hull, paint, data ? [] : [6, 4]);
  legend(entries);
}
function legend(entries) {
  $("legend").replaceChildren(...entries.map(({ paint, name, note }) => {
    const mark = el("i");
    mark.style.background = `var(--${paint})`;
    return el("li", {}, mark, el("b", { textContent: name }), ` ${note}`);
  }));
}
function name(id, who, shape) { $(id).replaceChildren(el("b", { textContent: who }), ` ${shape}`); }
function press(kind, value) { for (const b of document.querySelectorAll(`[data-${kind}]`)) b.ariaPressed = b.dataset[kind] === value; }
function explain(reason) { $("in").hidden = true; $("in-name").textContent = ""; $("in-text").textContent = reason; legend([]); }

// --- pointer and keys
function set(values) { Object.assign(state, values); look(); }
function clicked({ target }) {
  const { fold, layer, view, at } = target.closest("[data-fold], [data-layer], [data-view], [data-at]")?.dataset ?? {};
  if (fold) {
    state.open[state.open.has(fold) ? "delete" : "add"](fold);
    drawTable();
    document.querySelector(`[data-fold="${CSS.escape(fold)}"]`).focus();
  } else if (layer) set({ layer, pinned: false, place: state.place ?? "centre" });
  else if (view) set({ view });
  else if (at) set({ place: at, pinned: true });
}
function pointed(event) {
  const box = $("out").getBoundingClientRect();
  move([(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width].map((share, axis) => Math.floor(share * row().map[axis])));
}
function move(at) {
  at = at.map((i, axis) => Math.max(0, Math.min(row().map[axis] - 1, i)));
  if (`${at}` !== `${state.at}`) set({ at, place: null });
}
// Arrows move the output's pixel and change the number under the caret, by 1, with Shift by 10.
function keyed(event) {
  const { target, key } = event, step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[key]?.map((n) => n * (event.shiftKey ? 10 : 1));
  if (target.matches("g[data-layer]") && (key === "Enter" || key === " ")) clicked(event);
  else if (known) return;
  else if (step && target === $("out")) { state.pinned = true; move(state.at.map((i, axis) => i + step[axis])); }
  else if (step?.[0] && target.type === "text") {
    const caret = target.selectionStart, number = [...target.value.matchAll(/\d+/g)].find((n) => n.index <= caret && caret <= n.index + n[0].length);
    if (!number) return;
    target.setRangeText(Math.max(0, number[0] - step[0]), number.index, number.index + number[0].length, "end");
    target.dispatchEvent(new Event("input", { bubbles: true }));
  } else return;
  event.preventDefault();
}
function fromAddress() {
  const line = decodeURIComponent(location.hash.slice(1));
  if (line && line !== state.line) write(line);
}
async function start() {
  addEventListener("click", clicked);
  addEventListener("keydown", keyed);
  addEventListener("resize", look);
  matchMedia("(prefers-color-scheme: dark)").onchange = look;
  $("input").onchange = () => set({ input: $("input").value });
  $("unfold").onclick = () => { state.open = new Set(state.open.size ? [] : state.shown.rows.map(({ name }) => name)); drawTable(); };
  $("copy").onclick = async () => { await navigator.clipboard?.writeText(`pyramidcalc ${state.line}`); $("copy").textContent = "copied"; setTimeout(() => { $("copy").textContent = "copy"; }, 1200); };
  if (known) { document.body.classList.add("file"); $("hint").remove(); $("line").readOnly = true; write(known.line); return; }
  $("out").onpointermove = (event) => { if (!state.pinned) pointed(event); };
  $("out").onclick = (event) => { state.pinned = !state.pinned; state.at = []; pointed(event); };
  $("side").oninput = (event) => (event.target === $("architecture") ? write(event.target.value) : readForm());
  $("side").onsubmit = (event) => event.preventDefault();
  $("line").oninput = () => run($("line").value.trim().replace(/^\$?\s*pyramidcalc\s+/, ""));
  addEventListener("hashchange", fromAddress);
  const kinds = await ask("catalogue", {});
  if (!kinds.error) $("architecture").replaceChildren(...Object.entries(kinds).map(([label, items]) => el("optgroup", { label }, ...items.map((i) => el("option", { textContent: i.name, title: i.summary })))));
  if (location.hash.length > 1) fromAddress(); else write("aspp --rate 6 12 18 --input 64x64");
}
start();
