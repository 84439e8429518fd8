// What the controls of ipywidgets lack, mended for all of the box that this lies in. No traits.

// A slider's handle has no name: screen readers would say "slider" alone.
function nameHandles(root) {
  for (const handle of root.querySelectorAll(".noUi-handle:not([aria-label])"))
    handle.ariaLabel = handle.closest(".widget-slider")?.querySelector("label")?.textContent || null;
}

// Letters on a drop-down choose the option that begins with them, however slowly they come:
// browsers forget the first ones after a second. A letter that leads nowhere begins anew.
function makeSpeller() {
  let spelt = "";
  function find(options, text) {
    return [...options].findIndex((o) => o.text.toLowerCase().startsWith(text.toLowerCase()));
  }
  function press(event) {
    const { target: field, key } = event;
    if (!field.matches("select") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (key.startsWith("Arrow") || key === "Backspace") spelt = "";
    if (key.length > 1 || (key === " " && !spelt)) return; // Space alone opens the list
    spelt = [spelt + key, key, ""].find((text) => find(field.options, text) >= 0) ?? "";
    event.preventDefault();
    if (!spelt) return;
    field.selectedIndex = find(field.options, spelt);
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  return { press, forget: () => (spelt = "") };
}

function serve(root) {
  const speller = makeSpeller();
  const observer = new MutationObserver(() => nameHandles(root));
  observer.observe(root, { childList: true, subtree: true });
  nameHandles(root);
  // No key may reach the notebook: d d deletes the cell.
  root.dataset.lmSuppressShortcuts = "true";
  function press(event) {
    speller.press(event);
    event.stopPropagation();
  }
  root.addEventListener("keydown", press);
  root.addEventListener("focusin", speller.forget);
  return () => {
    observer.disconnect();
    root.removeEventListener("keydown", press);
    root.removeEventListener("focusin", speller.forget);
  };
}

function render({ el }) {
  el.style.display = "none";
  let [waiting, stop] = [0, () => {}];
  function begin() {
    const root = el.parentElement?.closest(".ig-microscope, .ig-app"); // the page puts us there later
    if (root) stop = serve(root);
    else waiting = requestAnimationFrame(begin);
  }
  begin();
  return () => {
    cancelAnimationFrame(waiting);
    stop();
  };
}

export default { render };
