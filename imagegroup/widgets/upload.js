// Sends the chosen files in pieces, each when the one before has been answered. Traits and answers:
// see transfer.py.

function render({ model, el }) {
  const label = document.createElement("label");
  label.textContent = `${model.get("label")} `;
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  input.className = "ig-upload";
  label.append(input);
  const says = document.createElement("div");
  says.setAttribute("aria-live", "polite");
  says.className = "ig-upload-says";
  says.textContent = model.get("says");
  el.append(label, says);

  let answer = () => {};
  const received = (message) => answer(message.refused);
  model.on("msg:custom", received);

  async function send(file) {
    const piece = model.get("piece");
    let at = 0;
    do {
      const data = await file.slice(at, at + piece).arrayBuffer();
      const answered = new Promise((resolve) => { answer = resolve; });
      model.send({ name: file.name, size: file.size, at }, undefined, [data]);
      const refused = await answered;
      if (refused) return refused;
      at += data.byteLength;
    } while (at < file.size);
    return "";
  }

  input.addEventListener("change", async () => {
    const files = [...input.files];
    const refused = [];
    input.disabled = true;
    for (const [row, file] of files.entries()) {
      says.textContent = `Uploading ${row + 1} of ${files.length} ...`;
      const why = await send(file).catch((error) => `${file.name}: ${error.message}`);
      if (why) refused.push(why);
    }
    const arrived = files.length - refused.length;
    says.textContent = [`${arrived} of ${files.length} files arrived.`, ...refused].join("\n");
    says.style.whiteSpace = "pre-line";
    input.value = "";
    input.disabled = false;
  });
  return () => model.off("msg:custom", received);
}

export default { render };
