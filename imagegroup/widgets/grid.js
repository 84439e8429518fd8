// Thumbnails in bands that one selects with mouse or keys. The kernel says what is shown where;
// this file shows it, keeps selection and focus in between, and reports both with each event.

const BATCH = 12; // pictures asked for at a time, so that an edit never waits long
const SILENT = "No answer from Python. What was saved is kept: run the cell again.";

function element(tag, className, parent, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text; // names of files are text, whatever they hold
  parent?.append(node);
  return node;
}

// Replaces the children only if they differ: what stays keeps focus and scroll.
function fill(parent, nodes) {
  const differs = nodes.some((node, i) => node !== parent.children[i]);
  if (differs || nodes.length !== parent.children.length) parent.replaceChildren(...nodes);
}

// Sends one event at a time, pictures last; of the selections that wait only the newest counts.
function makeSender(model, local, says) {
  let [queue, timer] = [[]];
  function flush() {
    if (timer || !queue.length) return;
    const urgent = queue.findIndex((event) => event.kind !== "pictures");
    timer = setTimeout(() => (says.textContent = SILENT), 10000);
    model.send(queue.splice(Math.max(urgent, 0), 1)[0]);
  }
  model.on("msg:custom", ({ answered }) => {
    if (answered) timer = clearTimeout(timer);
    flush();
  });
  return (event) => {
    if (event.kind === "select" && queue.at(-1)?.kind === "select") queue.pop();
    queue.push({ ...event, ...local, selected: [...local.selected] });
    flush();
  };
}

function makePhoto(row) {
  const node = element("div", "ig-photo");
  [node.role, node.dataset.row] = ["option", row];
  [element("img", "", node).alt, node.firstChild.draggable] = ["", false];
  element("span", "ig-check", node, "✓");
  for (const name of ["ig-mark", "ig-name"]) element("span", name, node);
  return node;
}

function makeBand(key, send) {
  const node = element("section", "ig-band");
  const head = element("div", "ig-head", node);
  function button(text, label, event) {
    const made = element("button", "", head, text);
    [made.ariaLabel, made.tabIndex, made.type] = [label, -1, "button"]; // keys do the same
    made.addEventListener("click", () => send({ ...event, key }));
  }
  for (const name of ["ig-title", "ig-note"]) element("span", name, head);
  button("‹", "previous page", { kind: "page", steps: -1 });
  button("›", "next page", { kind: "page", steps: 1 });
  button("", null, { kind: "move" });
  element("div", "ig-strip", node);
  return node;
}

function render({ model, el }) {
  const local = { selected: new Set(), focus: -1, seen: 0 };
  const [photos, bands, urls] = [new Map(), new Map(), new Map()]; // by row, by key, by row
  let [order, anchor, before, asked, jumps, held] = [[], -1, new Set(), false, 0, null];
  const says = element("p", "ig-grid-says", el);
  const root = element("div", "ig-grid", el);
  const send = makeSender(model, local, says);
  function paint() {
    for (const [row, node] of photos) {
      node.ariaSelected = local.selected.has(row);
      node.tabIndex = row === local.focus ? 0 : -1;
    }
    const n = local.selected.size;
    for (const band of model.get("view").bands) {
      const take = bands.get(band.key).firstChild.lastChild;
      take.hidden = !n || !band.number;
      take.textContent = `Move ${n} photo${n === 1 ? "" : "s"} to ${band.title}`;
    }
  }
  function select(row, selected) {
    Object.assign(local, { selected, focus: row, seen: local.seen + 1 });
    paint();
    photos.get(row)?.focus();
    send({ kind: "select" });
  }
  // Takes the photos from the anchor to `row`, beside those selected before.
  function extend(row) {
    if (!order.includes(anchor)) [anchor, before] = [local.focus, local.selected];
    const [a, b] = [anchor, row].map((r) => order.indexOf(r)).sort((x, y) => x - y);
    select(row, new Set([...before, ...order.slice(a, b + 1)]));
  }
  function toggle(row) {
    [anchor, before] = [row, new Set(local.selected)];
    if (!before.delete(row)) before.add(row);
    select(row, before);
  }
  const desk = () => el.closest(".ig-desk") ?? el;
  const field = (key) => desk().querySelector(`.ig-key-${CSS.escape(key)} :is(input, select)`);
  const known = ([key, value]) => value === (field(key).selectedIndex ?? field(key).value);
  // ipywidgets sends a press at once, but what was typed before it only when Python is free.
  function hold(event) {
    const { seen, fields } = model.get("view");
    const button = event.target.closest(".widget-button");
    if (!button || (seen >= local.seen && Object.entries(fields).every(known))) return;
    [held] = [button, event.stopPropagation()];
  }
  const place = (row) => photos.get(row).getBoundingClientRect();
  // The photo that an arrow leads to; up and down, the nearest in the next line there.
  function target(key) {
    if (key === "ArrowLeft") return order[order.indexOf(local.focus) - 1];
    if (key === "ArrowRight") return order[order.indexOf(local.focus) + 1];
    const [here, way] = [place(local.focus), key === "ArrowUp" ? -1 : 1];
    const cost = ({ x, y }) => Math.abs(x - here.x) + 1e4 * Math.round(way * (y - here.y));
    const others = order.map((row) => [cost(place(row)), row]).filter(([c]) => c >= 2e4);
    return others.sort(([a], [b]) => a - b)[0]?.[1];
  }
  function press(event) {
    const key = (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + event.key;
    if (event.altKey || !photos.has(local.focus)) return;
    if (field(key)) field(key).focus(); // at once: what is typed next belongs there
    else if (key.startsWith("Arrow")) {
      const row = target(key);
      if (row !== undefined && !event.shiftKey) [anchor] = [-1, select(row, local.selected)];
      else if (row !== undefined) extend(row);
    } else if (key === " ") toggle(local.focus);
    else if (model.get("key_names").includes(key)) send({ kind: "key", key });
    else return; // all other keys keep their meaning
    event.preventDefault();
    event.stopPropagation();
  }
  function click(event) {
    const row = Number(event.target.closest(".ig-photo")?.dataset.row ?? -1);
    if (row < 0) return;
    if (event.shiftKey) extend(row);
    else if (event.ctrlKey || event.metaKey || event.target.matches(".ig-check")) toggle(row);
    else [anchor, before] = [row, new Set(), select(row, new Set([row]))];
  }
  // Asks for pictures that are missing, those nearest to the middle of the window first.
  function askForPictures() {
    const far = (row) => Math.abs(place(row).y - 400);
    const missing = order.filter((row) => !urls.has(row)).sort((a, b) => far(a) - far(b));
    if (missing.length && !asked) send({ kind: "pictures", rows: missing.slice(0, BATCH) });
    asked ||= missing.length > 0;
  }
  function receive({ thumbnails, take_focus }, buffers) {
    if (take_focus) photos.get(local.focus)?.focus();
    thumbnails?.forEach((row, i) => urls.set(row, URL.createObjectURL(new Blob([buffers[i]]))));
    asked &&= !thumbnails;
    if (thumbnails) update();
  }
  function showPhoto([row, name, marks], title) {
    const node = photos.get(row) ?? photos.set(row, makePhoto(row)).get(row);
    const [image, , mark, line] = node.children;
    [line.textContent, mark.textContent] = [name, marks.includes("not sure") ? "?" : ""];
    [node.title, node.ariaLabel] = [name, [name, title, marks].filter(Boolean).join(", ")];
    if (image.src !== (urls.get(row) ?? "")) image.src = urls.get(row);
    return node;
  }
  function showBand(band) {
    const node = bands.get(band.key) ?? makeBand(band.key, send);
    bands.set(band.key, node);
    const [title, note, back, next] = node.firstChild.children;
    [node.role, node.ariaLabel] = ["group", `${band.title}, ${band.note}`];
    [title.textContent, note.textContent] = [`${band.number} ${band.title}`, band.note];
    back.hidden = next.hidden = band.pages < 2;
    [back.disabled, next.disabled] = [band.page === 0, band.page === band.pages - 1];
    fill(node.lastChild, band.photos.map((photo) => showPhoto(photo, band.title)));
    return node;
  }
  function update() {
    const active = root.contains(document.activeElement);
    const { bands: given, selected, focus, seen, jumps: now } = model.get("view");
    if (seen >= local.seen) Object.assign(local, { selected: new Set(selected), focus, seen });
    order = given.flatMap((band) => band.photos.map(([row]) => row));
    fill(root, given.map(showBand));
    photos.forEach((_, row) => order.includes(row) || photos.delete(row));
    bands.forEach((_, key) => given.some((band) => band.key === key) || bands.delete(key));
    paint();
    const node = photos.get(local.focus) ?? root;
    if (active || now > jumps) node.focus({ preventScroll: true });
    if (now > jumps) node.scrollIntoView({ block: "nearest" });
    jumps = now;
    desk().addEventListener("click", hold, true); // again and again is once
    const again = held;
    held = null;
    again?.click(); // if still too early, it is held again
    askForPictures();
  }
  const write = () => (says.textContent = model.get("says"));
  Object.assign(root, { tabIndex: -1, role: "listbox", ariaMultiSelectable: "true" });
  [root.ariaLabel, says.ariaLive] = [model.get("label"), "polite"];
  root.addEventListener("keydown", press);
  root.addEventListener("click", click);
  root.addEventListener("dblclick", () => send({ kind: "key", key: "Enter" }));
  model.on("msg:custom", receive);
  model.on("change:view", update);
  model.on("change:says", write);
  write();
  update();
}

export default { render };
