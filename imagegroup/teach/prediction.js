// One line of text, read aloud when it changes. It also keeps the keys typed on the radio buttons
// beside it from the notebook, where an arrow leaves the cell and d d deletes it.

function render({ model, el }) {
  const line = document.createElement("p");
  line.setAttribute("aria-live", "polite");
  const show = () => {
    line.textContent = model.get("text");
  };
  model.on("change:text", show);
  show();
  el.append(line);
  requestAnimationFrame(() => {
    el.closest(".ig-prediction")?.addEventListener("keydown", (event) => event.stopPropagation());
  });
}

export default { render };
