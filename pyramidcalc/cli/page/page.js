// The page: a command line and its form, the answer, a graph, a table and two maps. Python answers `ask(question, values)`;
// in a report that is only a file, the answers stand in it (#known).
const $ = (id) => document.getElementById(id);
const el = (tag, values = {}, ...inside) => { const e = Object.assign(document.createElement(tag), values); e.append(...inside); return e; };
const svg = (tag, values = {}, ...inside) => {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(values)) e.setAttribute(name, value);
  e.append(...inside);
  return e;
};
const known = $("known") && JSON.parse($("known").textContent);
const state = { line: "", shown: null, layer: null, at: [], place: "centre", view: null, pinned: false, input: null, open: new Set(), begun: 0 };
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const dark = matchMedia("(prefers-color-scheme: dark)");

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
  for (const f of form) {
    const value = f.value.trim();
    if (!value || (f.kind !== "text" && value === f.default)) continue;
    if (f.kind === "switch") words.push(value === "yes" ? f.flag : f.off);
    else if (!f.flag) words.push(quoted(value));
    else if (f.several === "one flag") words.push(f.flag, ...value.split(/[\s,]+/).map(quoted));
    else if (f.several) for (const one of value.split(/\s+/)) words.push(f.flag, quoted(one));
    else words.push(f.flag, quoted(value));
  }
  return words.join(" ");
}
const isBox = (f) => f.kind === "switch" && f.default !== "";
const isInput = (f) => f.name === "input_size" || f.name === "sizes";
function drawForm(shown) {
  const holder = $("form"), shape = shown.name + shown.form.map((f) => f.name);
  $("about").textContent = shown.about;
  if (holder.dataset.of !== shape) {
    holder.dataset.of = shape;
    holder.replaceChildren(...[...shown.form].sort((a, b) => isInput(b) - isInput(a)).map(fieldOf));
  }
  for (const f of shown.form) {
    const e = $(`f-${f.name}`);
    e.placeholder = f.default || "–";
    e.closest("label").classList.toggle("given", f.value !== "" && f.value !== f.default);
    if (e === document.activeElement && e.type === "text") continue;
    if (isBox(f)) e.checked = (f.value || f.default) === "yes";
    else e.value = f.kind === "choice" ? f.value || f.default : f.value;
  }
}
function fieldOf(f) {
  const id = `f-${f.name}`, help = el("small", { textContent: f.help, id: `${id}-help` });
  let e;
  if (isBox(f)) e = el("input", { type: "checkbox", id });
  else if (f.kind === "text") e = el("input", { type: "text", id, spellcheck: false, autocomplete: "off" });
  else e = el("select", { id }, ...[...(f.default ? [] : [""]), ...(f.kind === "switch" ? ["yes", "no"] : f.choices)].map((c) => el("option", { value: c, textContent: c || "–" })));
  e.setAttribute("aria-describedby", help.id);
  const name = el("span", { className: "name", textContent: f.label });
  return isBox(f) ? el("label", { className: "field box" }, e, name, help) : el("label", { className: "field" }, name, e, help);
}
function readForm() {
  const { shown } = state;
  for (const f of shown.form) { const e = $(`f-${f.name}`); f.value = isBox(f) ? (e.checked ? "yes" : "no") : e.value; }
  write(lineOf(shown));
}
function write(line) { $("line").value = line; run(line); }
// The arrows change the number under the caret by 1, with Shift by 10.
function arrows(event) {
  const step = { ArrowUp: 1, ArrowDown: -1 }[event.key], e = event.target;
  if (!step || e.type !== "text" || e.readOnly) return;
  const caret = e.selectionStart;
  for (const number of e.value.matchAll(/\d+/g)) {
    const end = number.index + number[0].length;
    if (caret < number.index || caret > end) continue;
    event.preventDefault();
    const text = String(Math.max(0, +number[0] + step * (event.shiftKey ? 10 : 1)));
    e.value = e.value.slice(0, number.index) + text + e.value.slice(end);
    e.setSelectionRange(number.index + text.length, number.index + text.length);
    e.dispatchEvent(new Event("input", { bubbles: true }));
    return;
  }
}

// --- the answer
const run = latest(async (line) => {
  state.line = line;
  state.begun = performance.now();
  if (!known) history.replaceState(null, "", `#${encodeURIComponent(line)}`);
  const shown = known ? known.shown : await ask("analyse", { line });
  $("wrong").hidden = !shown.error;
  $("results").classList.toggle("stale", !!shown.error);
  $("line").ariaInvalid = !!shown.error;
  if (shown.error) $("wrong").textContent = [shown.error, shown.hint].filter(Boolean).join("; ");
  else await show(shown);
  $("time").textContent = known ? "" : `${Math.round(performance.now() - state.begun)} ms`;
  document.body.dataset.answered = +(document.body.dataset.answered ?? 0) + 1;
});
async function show(shown) {
  if (state.shown?.name !== shown.name) Object.assign(state, { layer: null, place: "centre", pinned: false, input: null, open: new Set() });
  state.shown = shown;
  document.title = `${shown.name} · pyramidcalc`;
  $("results").hidden = false;
  if (!known) {
    // `model` and `chain` are no names to start from: they need what they are made of.
    if (![...$("architecture").options].some((o) => o.value === shown.name)) $("architecture").add(new Option(shown.name));
    $("architecture").value = shown.name;
    drawForm(shown);
  }
  if (!rowOf(state.layer)) state.layer = [...Object.values(shown.outputs), shown.rows.at(-1)?.layer].find((name) => rowOf(name)) ?? null;
  drawTiles(shown);
  drawTable(shown);
  drawGraph(shown.graph);
  await look();
}
function rowOf(layer, rows = state.shown.rows) {
  for (const row of rows) { const match = row.layer === layer ? row : rowOf(layer, row.rows); if (match) return match; }
  return null;
}
function drawTiles({ tiles, notes }) {
  $("tiles").replaceChildren(...tiles.map((t) => el("div", {}, el("dt", { textContent: t.label }), el("dd", {}, el("b", {}, ...(t.big.includes(" ") ? [t.big] : t.big.split(/(?<=×)/).flatMap((part) => [part, el("wbr")]))), t.small))));
  $("notes").hidden = !notes.length;
  $("notes").replaceChildren(...notes.map((n) => el("p", { className: n.kind }, el("b", { textContent: n.label }), el("span", { textContent: n.text }))));
}
function drawTable({ columns, rows, left_out }) {
  const most = {};
  for (const row of rows) for (const [key, n] of Object.entries(row.bars)) most[key] = Math.max(most[key] ?? 1, n);
  const line = (row, level) => {
    const cells = row.cells.map((text, i) => {
      if (!i) return head(row, level);
      const n = row.bars[columns[i].key], td = el("td", { textContent: text, title: row.exact[i] === text ? "" : row.exact[i], className: columns[i].right ? "right" : "" });
      if (n) { td.classList.add("share"); td.style.setProperty("--share", `${Math.min(100, 100 * n / most[columns[i].key])}%`); }
      return td;
    });
    const tr = el("tr", { onclick: (event) => event.target.closest("button") || choose(row.layer) }, ...cells);
    Object.assign(tr.dataset, { layer: row.layer, name: row.name });
    return [tr, ...(state.open.has(row.name) && row.rows.length ? row.rows.flatMap((inner) => line(inner, level + 1)) : [])];
  };
  const head = (row, level) => {
    const th = el("th", { scope: "row" }, el("button", { type: "button", className: "layer", textContent: row.cells[0], onclick: () => choose(row.layer) }));
    th.style.setProperty("--level", level);
    if (row.rows.length) {
      const open = state.open.has(row.name), id = `fold-${row.name}`;
      const fold = () => { state.open[open ? "delete" : "add"](row.name); drawTable(state.shown); $(id).focus(); };
      th.prepend(el("button", { type: "button", id, className: "fold", textContent: open ? "▾" : "▸", ariaExpanded: open, ariaLabel: `${open ? "fold" : "unfold"} ${row.name}`, onclick: fold }));
    }
    return th;
  };
  $("table").replaceChildren(
    el("thead", {}, el("tr", {}, ...columns.map((c) => el("th", { textContent: c.heading, scope: "col", className: c.right ? "right" : "" })))),
    el("tbody", {}, ...rows.flatMap((row) => line(row, 0))));
  $("unfold").hidden = !rows.some((row) => row.rows.length);
  $("unfold").ariaPressed = state.open.size > 0;
  $("unfold").textContent = state.open.size ? "fold all" : "unfold all";
  $("left-out").hidden = !left_out;
  $("left-out").textContent = left_out ?? "";
  mark();
}
function unfoldAll() {
  const every = (rows) => rows.flatMap((row) => [row.name, ...every(row.rows)]);
  state.open = new Set(state.open.size ? [] : every(state.shown.rows));
  drawTable(state.shown);
}
function drawGraph(graph) {
  $("graph-card").hidden = !graph;
  if (!graph) return;
  const [wide, tall] = graph.size, [w, h] = graph.box;
  const picture = svg("svg", { viewBox: `-4 -4 ${wide + 8} ${tall + 8}`, width: wide + 8, height: tall + 8, role: "group", "aria-label": "graph of the layers" });
  for (const { points, title } of graph.edges) {
    const d = points.slice(1).map(([x, y], i) => { const [x0, y0] = points[i], m = (x0 + x) / 2; return y === y0 ? `L${x},${y}` : `C${m},${y0} ${m},${y} ${x},${y}`; });
    picture.append(svg("path", { d: `M${points[0]}${d.join("")}`, class: "edge" }, svg("title", {}, title)));
  }
  for (const box of graph.boxes) {
    const row = box.layer && rowOf(box.layer), second = row ? row.output.join("×") : box.lines[0];
    const node = svg("g", { class: `box ${box.kind}${box.warned ? " warned" : ""}`, transform: `translate(${box.at})` },
      svg("title", {}, [box.name, ...box.lines].join("\n")), svg("rect", { width: w, height: h, rx: box.kind === "row" || box.kind === "failed" ? 6 : h / 2 }),
      svg("text", { x: w / 2, y: 17, class: "name" }, box.name.length > 23 ? `…${box.name.slice(-22)}` : box.name), svg("text", { x: w / 2, y: 31 }, second));
    if (row) {
      Object.assign(node, { tabIndex: 0, role: "button", ariaLabel: `${box.name}, ${second}`, onclick: () => choose(box.layer) });
      node.dataset.layer = box.layer;
      node.onkeydown = (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(box.layer); } };
    }
    picture.append(node);
  }
  const { scrollLeft } = $("graph");
  $("graph").replaceChildren(picture);
  $("graph").scrollLeft = scrollLeft;
  mark();
}
function mark() {
  for (const e of document.querySelectorAll("[data-layer]")) {
    e.classList.toggle("on", e.dataset.layer === state.layer);
    e.ariaCurrent = e.dataset.layer === state.layer ? "true" : null;
  }
}
function choose(layer) {
  Object.assign(state, { layer, pinned: false, place: state.place ?? "centre" });
  mark();
  look();
}

// --- the two maps: an image is rows × columns, a sequence one row, a vector one pixel
function size() { const output = rowOf(state.layer).output; return output.length > 3 ? null : output.length > 1 ? [output.length > 2 ? output[1] : 1, output.at(-1)] : [1, 1]; }
function fit(canvas, [rows, columns]) {
  const room = canvas.parentElement.clientWidth, ratio = devicePixelRatio || 1, single = rows * columns === 1;
  let wide = single ? 44 : room, tall = single ? 44 : rows === 1 ? 44 : wide * rows / columns;
  if (tall > 460) [wide, tall] = [wide * 460 / tall, 460];
  Object.assign(canvas.style, { width: `${wide}px`, height: `${tall}px` });
  canvas.width = Math.round(wide * ratio);
  canvas.height = Math.round(tall * ratio);
  const c = canvas.getContext("2d");
  c.setTransform(canvas.width / columns, 0, 0, canvas.height / rows, 0, 0);
  c.fillStyle = colour("--map");
  c.fillRect(0, 0, columns, rows);
  return c;
}
const pixel = (c) => { const { a, d } = c.getTransform(); return [1 / a, 1 / d]; };
function grid(c, [rows, columns]) {
  const [px, py] = pixel(c);
  c.fillStyle = colour("--line");
  if (px < 0.2) for (let x = 1; x < columns; x++) c.fillRect(x - px / 2, 0, px, rows);
  if (py < 0.2) for (let y = 1; y < rows; y++) c.fillRect(0, y - py / 2, columns, py);
}
// A frame lies outside the pixels that it holds, or at the border where these reach it.
function frame(c, [rows, columns], [top, bottom, left, right], paint, dashes) {
  const [px, py] = pixel(c), [t, b, l, r] = [Math.max(top - py, py), Math.min(bottom + 1 + py, rows - py), Math.max(left - px, px), Math.min(right + 1 + px, columns - px)];
  c.save();
  c.setTransform(1, 0, 0, 1, 0, 0);
  Object.assign(c, { strokeStyle: paint, lineWidth: 2 });
  if (dashes) c.setLineDash([6, 4]);
  c.strokeRect(l / px, t / py, (r - l) / px, (b - t) / py);
  c.restore();
}
const name = (id, layer, [rows, columns], vector) => $(id).replaceChildren(el("b", { textContent: layer }), vector ? ` ${vector} features` : rows === 1 ? ` ${columns}` : ` ${rows}×${columns}`);
const look = latest(async () => {
  const { shown, layer } = state;
  $("look").hidden = !shown || !layer || !rowOf(layer);
  if ($("look").hidden) return;
  const box = size(), rank = rowOf(layer).output.length - 1;
  if (!box) { name("out-name", layer, [rowOf(layer).output.slice(1).join("×"), ""]); return explain("a volume has no flat picture; `pyramidcalc reach` and `pyramidcalc erf` answer at the prompt"); }
  if (state.place) state.at = state.place === "corner" ? [0, 0] : box.map((n) => n >> 1);
  const at = (state.at = state.at.map((i, axis) => Math.min(i, box[axis] - 1))), c = fit($("out"), box);
  grid(c, box);
  const [px, py] = pixel(c).map((p) => Math.max(1, 6 * p));
  c.fillStyle = colour("--red");
  c.fillRect(at[1] + 0.5 - px / 2, at[0] + 0.5 - py / 2, px, py);
  name("out-name", layer, box, rank ? 0 : rowOf(layer).output[0]);
  $("out-text").textContent = (rank > 1 ? `row ${at[0]}, column ${at[1]}` : rank ? `position ${at[1]}` : "the vector") + (state.pinned ? ", pinned" : "");
  $("out").ariaLabel = `output of ${layer}: ${$("out-text").textContent}; arrow keys move`;
  press("at", state.place);
  const values = { line: state.line, layer, at: rank > 1 ? at : rank ? [at[1]] : [], input: state.input };
  let answer = await ask(state.view ?? "reads", values);
  // Where all is read, the question is how much each pixel counts.
  if (!state.view && answer.branches?.length === 1 && answer.pixels > 1 && answer.pixels === answer.size[0] * answer.size[1]) {
    const counted = await ask("weights", values);
    if (counted.data) answer = counted;
  }
  press("view", state.view ?? (answer.data ? "weights" : "reads"));
  if (answer.unknown || answer.error) return explain(answer.unknown ?? answer.error);
  $("in").hidden = false;
  $("whose").hidden = Object.keys(shown.inputs).length < 2;
  $("input").replaceChildren(...answer.inputs.map((n) => el("option", { value: n, textContent: n, selected: n === answer.input })));
  name("in-name", answer.input, answer.size, shown.inputs[answer.input].length < 2 ? shown.inputs[answer.input][0] : 0);
  (answer.data ? drawWeights : drawReads)(answer);
  $("in").dataset.of = `${layer} ${values.at}`;
  $("in").ariaLabel = `${answer.input}: ${$("in-text").textContent}`;
});
function press(kind, value) { for (const b of document.querySelectorAll(`[data-${kind}]`)) b.ariaPressed = b.dataset[kind] === value; }
function explain(reason) { $("in").hidden = true; $("in-name").textContent = ""; $("in-text").textContent = reason; $("legend").replaceChildren(); }
function legend(entries) { $("legend").replaceChildren(...entries.map(([paint, text, more]) => { const mark = el("i"); mark.style.background = paint; return el("li", {}, mark, el("b", { textContent: text }), ` ${more ?? ""}`); })); }
function drawReads({ size, branches, pixels, coverage, hull }) {
  const c = fit($("in"), size), frames = [], entries = [], all = size[0] * size[1];
  let paints = 0;
  for (const b of branches) {
    const tint = b.pixels === all && branches.length > 1, paint = colour(tint ? "--tint" : `--c${paints++}`);
    c.fillStyle = paint;
    for (const [rows, columns] of b.runs) for (const [top, bottom] of rows) for (const [left, right] of columns) c.fillRect(left, top, right - left, bottom - top);
    const [t, bottom, l, r] = b.hull ?? [], sparse = b.hull && b.pixels < (bottom - t + 1) * (r - l + 1);
    if (sparse) frames.push([b.hull, paint]);
    entries.push([paint, b.name, b.pixels.toLocaleString("en") + (sparse ? ` of ${size[0] > 1 ? `${bottom - t + 1}×` : ""}${r - l + 1}` : "")]);
  }
  grid(c, size);
  for (const [box, paint] of frames) frame(c, size, box, paint, true);
  const percent = coverage === 1 ? "all" : `${Math.min(99.9, Math.max(0.1, 100 * coverage)).toFixed(1)} %`;
  $("in-text").textContent = hull ? `${pixels.toLocaleString("en")} ${pixels === 1 ? "pixel" : "pixels"} read${pixels > 1 ? `, ${percent} of their hull` : ""}` : "nothing is read";
  legend(entries);
}
const LIGHT = [[255, 255, 255], [214, 230, 243], [140, 190, 225], [60, 138, 192], [11, 83, 148], [4, 34, 64]], DARK = [[20, 26, 33], [16, 52, 84], [11, 95, 150], [52, 150, 210], [140, 205, 243], [240, 249, 255]];
function drawWeights({ size, box: [top, left, rows, columns], data, squares }) {
  const c = fit($("in"), size), image = new ImageData(columns, rows), stops = dark.matches ? DARK : LIGHT, [px] = pixel(c);
  [...atob(data)].forEach((sign, i) => {
    const place = sign.charCodeAt(0) / 255 * (stops.length - 1), low = Math.min(stops.length - 2, Math.floor(place));
    for (let k = 0; k < 3; k++) image.data[4 * i + k] = stops[low][k] + (stops[low + 1][k] - stops[low][k]) * (place - low);
    image.data[4 * i + 3] = 255;
  });
  const off = el("canvas", { width: columns, height: rows });
  off.getContext("2d").putImageData(image, 0, 0);
  c.fillStyle = `rgb(${stops[0]})`;
  c.fillRect(0, 0, size[1], size[0]);
  c.imageSmoothingEnabled = px > 1;
  c.drawImage(off, left, top, columns, rows);
  const paints = [colour("--orange"), colour("--gold")], [strong, weak] = [stops.at(-2), stops[1]].map((s) => `rgb(${s})`);
  squares.forEach((s, i) => frame(c, size, s.hull, paints[i]));
  $("in-text").textContent = "weight before training";
  const sides = ([t, b, l, r]) => (size[0] > 1 ? `${b - t + 1}×${r - l + 1}` : `${r - l + 1}`);
  legend([...squares.map((s, i) => [paints[i], `${100 * s.share} %`, `in ${sides(s.hull)}`]), [strong, "counts most", "(√ scale)"], [weak, "counts little"]]);
}

// --- what moves the pixel
function pointed(event) { const box = $("out").getBoundingClientRect(), [rows, columns] = size(), clamp = (x, n) => Math.max(0, Math.min(n - 1, Math.floor(x * n))); return [clamp((event.clientY - box.top) / box.height, rows), clamp((event.clientX - box.left) / box.width, columns)]; }
function go(at) { if (at + "" === state.at + "" && !state.place) return; Object.assign(state, { at, place: null }); look(); }
function walk(event) {
  const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key], box = size();
  if (!step || !box || known) return;
  event.preventDefault();
  state.pinned = true;
  go(state.at.map((i, axis) => Math.max(0, Math.min(box[axis] - 1, i + step[axis] * (event.shiftKey ? 10 : 1)))));
}
function wire() {
  for (const b of document.querySelectorAll("[data-view]")) b.onclick = () => { state.view = b.dataset.view; look(); };
  for (const b of document.querySelectorAll("[data-at]")) b.onclick = () => { Object.assign(state, { place: b.dataset.at, pinned: true }); look(); };
  $("input").onchange = () => { state.input = $("input").value; look(); };
  $("unfold").onclick = unfoldAll;
  $("copy").onclick = async () => { await navigator.clipboard?.writeText(`pyramidcalc ${state.line}`); $("copy").textContent = "copied"; setTimeout(() => { $("copy").textContent = "copy"; }, 1200); };
  addEventListener("resize", look);
  dark.addEventListener("change", look);
  if (known) return;
  $("out").onpointermove = (event) => { if (!state.pinned) go(pointed(event)); };
  $("out").onclick = (event) => { state.pinned = !state.pinned; state.place = "no"; go(pointed(event)); };
  $("out").onkeydown = walk;
  $("side").oninput = (event) => { if (event.target === $("architecture")) write($("architecture").value); else readForm(); };
  $("side").onsubmit = (event) => event.preventDefault();
  document.addEventListener("keydown", arrows);
  $("line").oninput = () => run($("line").value.trim().replace(/^\$?\s*pyramidcalc\s+/, ""));
  addEventListener("hashchange", fromAddress);
}
function fromAddress() {
  const line = decodeURIComponent(location.hash.slice(1));
  if (line && line !== state.line) write(line);
}
async function start() {
  wire();
  if (known) { document.body.classList.add("file"); $("line").readOnly = true; write(known.line); return; }
  const kinds = await ask("catalogue", {});
  if (!kinds.error) $("architecture").replaceChildren(...Object.entries(kinds).map(([label, items]) => el("optgroup", { label }, ...items.map((i) => el("option", { value: i.name, textContent: i.name, title: i.summary })))));
  if (location.hash.length > 1) fromAddress(); else write("aspp --rate 6 12 18 --input 64x64");
}
start();
