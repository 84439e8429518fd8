// A picture that one points at and drives by keys. The kernel draws it and says in words what it
// shows; this file only shows both and reports the pointer and the keys. Traits: see pixels.py.

function element(tag, className, parent) {
  const node = document.createElement(tag);
  node.className = className;
  parent.append(node);
  return node;
}

// Sends events to the kernel, one at a time: the next leaves when the last was answered. Of the
// moves that wait only the newest counts, so the picture never lags behind the pointer.
function makeSender(model) {
  const queue = [];
  let unanswered = false;
  let scheduled = false;

  function flush() {
    scheduled = false;
    unanswered = true;
    model.send(queue.shift());
  }
  function schedule() {
    if (!queue.length || unanswered || scheduled) return;
    scheduled = true;
    requestAnimationFrame(flush);
  }
  model.on("msg:custom", () => {
    unanswered = false;
    schedule();
  });
  return {
    busy: () => queue.length > 0,
    send(event) {
      const onWay = event.kind === "move" || event.kind === "drag";
      if (onWay && queue.at(-1)?.kind === event.kind) queue.pop();
      queue.push(event);
      schedule();
    },
  };
}

// Where the pointer is, in pixels of the picture, however the page scales it.
function place(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return {
    x: ((event.clientX - box.left) * canvas.width) / box.width,
    y: ((event.clientY - box.top) * canvas.height) / box.height,
  };
}

function listenToPointer(canvas, model, sender) {
  let last = "";
  canvas.addEventListener("pointermove", (event) => {
    const here = `${event.clientX} ${event.clientY}`;
    // Browsers repeat the last move when the page shifts under a pointer that rests.
    if (here === last || model.get("pointer") !== "move") return;
    last = here;
    sender.send({ kind: "move", ...place(canvas, event) });
  });
  // Not "click", whose place some browsers round, so that it would hold the pixel beside.
  canvas.addEventListener("pointerup", (event) => {
    if (event.button !== 0 || !["click", "move"].includes(model.get("pointer"))) return;
    sender.send({ kind: "click", ...place(canvas, event) });
  });
}

// Reports where the button goes down, where the pointer goes meanwhile, and where it is let go,
// even outside the picture. A hand that shakes by less than STILL screen px does not drag.
const STILL = 4;

function listenToDrags(canvas, model, sender) {
  if (model.get("pointer") !== "drag") return;
  let down = null;
  let dragging = false;
  canvas.style.touchAction = "none"; // or a finger would scroll the page
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    down = event;
    dragging = false;
    canvas.setPointerCapture(event.pointerId);
    sender.send({ kind: "press", ...place(canvas, event) });
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!down) return;
    dragging ||= Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) >= STILL;
    if (dragging) sender.send({ kind: "drag", ...place(canvas, event) });
  });
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, (event) => {
      if (!down || event.pointerId !== down.pointerId) return;
      down = null;
      sender.send({ kind: "drop", ...place(canvas, event) });
    });
}

function listenToKeys(canvas, model, sender) {
  canvas.addEventListener("keydown", (event) => {
    const known = model.get("key_names").includes(event.key);
    // Tab, the browser's zoom and all other keys keep their meaning.
    if (!known || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat && sender.busy()) return;
    sender.send({ kind: "key", key: event.key, shift: event.shiftKey });
  });
}

function makeDrawing(canvas, model) {
  let newest = 0;
  let drawn = 0;
  return async function draw() {
    const mine = ++newest;
    const picture = await createImageBitmap(new Blob([model.get("image")]));
    if (mine !== newest) return; // a newer picture came while this one was decoded
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      canvas.width = picture.width;
      canvas.height = picture.height;
    }
    canvas.getContext("2d").drawImage(picture, 0, 0);
    picture.close();
    canvas.dataset.drawn = ++drawn;
  };
}

function render({ model, el }) {
  el.classList.add("ig-pixels");
  const canvas = element("canvas", "ig-pixels-picture", el);
  const says = element("p", "ig-pixels-says", el);
  const hint = element("p", "ig-pixels-hint", el);
  const draw = makeDrawing(canvas, model);
  const sender = makeSender(model);

  function write() {
    canvas.setAttribute("aria-label", model.get("label"));
    says.textContent = model.get("says");
    hint.textContent = model.get("hint");
    says.hidden = !model.get("says");
    hint.hidden = !model.get("hint");
  }

  says.setAttribute("aria-live", "polite");
  hint.id = `ig-hint-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  if (model.get("key_names").length) {
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-describedby", hint.id);
    // JupyterLab would take the arrow keys to move to the next cell.
    canvas.setAttribute("data-lm-suppress-shortcuts", "true");
  } else {
    canvas.setAttribute("role", "img");
  }
  listenToPointer(canvas, model, sender);
  listenToDrags(canvas, model, sender);
  listenToKeys(canvas, model, sender);
  model.on("change:image", draw);
  for (const trait of ["label", "says", "hint"]) model.on(`change:${trait}`, write);
  write();
  draw();
}

export default { render };
