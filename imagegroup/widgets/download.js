// Asks for a file piece by piece and saves it. Traits and answers: see transfer.py.

const PATIENCE = 20_000; // ms; JupyterLab drops messages that come too fast, so ask again

function render({ model, el }) {
  const button = document.createElement("button");
  button.textContent = model.get("label");
  button.className = "jupyter-button widget-button ig-download";
  button.style.width = "auto";
  el.style.margin = "2px 24px 2px 2px";
  const says = document.createElement("span");
  says.setAttribute("aria-live", "polite");
  says.className = "ig-download-says";
  el.append(button, says);

  let pieces = [];
  let at = 0;
  let again = 0;

  function ask() {
    clearTimeout(again);
    // The first answer takes as long as the file takes to make.
    if (at) again = setTimeout(ask, PATIENCE);
    model.send({ at });
  }

  function end(words) {
    clearTimeout(again);
    says.textContent = ` ${words}`;
    pieces = [];
    button.disabled = false;
  }

  function save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(pieces));
    link.download = model.get("filename");
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  function received(message, buffers) {
    if (message.refused) return end(message.refused);
    if (message.at !== at) return; // a second answer to a question asked again
    pieces.push(buffers[0]);
    at += buffers[0].byteLength;
    says.textContent = ` ${Math.round((100 * at) / message.size)} %`;
    if (at < message.size) return ask();
    save();
    end(`saved as ${model.get("filename")}`);
  }

  button.addEventListener("click", () => {
    at = 0;
    button.disabled = true;
    says.textContent = " is being made ...";
    ask();
  });
  model.on("msg:custom", received);
  return () => model.off("msg:custom", received);
}

export default { render };
