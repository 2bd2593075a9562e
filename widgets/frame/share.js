// The dialog that shares a page: a short address and a QR code, with or without its options.

const OWN = ["s", "projector", "lesson", "only"]; // of the frame, not of the page
const OPTION = [
  "Selectbox", "MultiSelect", "Slider", "NumberInput", "TextInput", "TextArea", "Radio", "Checkbox",
  "ButtonGroup", "FileUploader",
]
  .map((name) => `[data-testid="st${name}"]`)
  .join();

class ShareDialog extends FrameDialog {
  constructor(root, ask) {
    super(root, "Share this page");
    this.ask = ask;
    this.code = element("canvas", { class: "code", role: "img", "aria-label": "QR code of the address" });
    this.address = element("input", { type: "text", readonly: "", "aria-label": "Address", class: "address" });
    this.address.addEventListener("focus", () => this.address.select());
    this.copy = element("button", { type: "button", text: "Copy", onclick: () => this.onCopy() });
    this.note = element("p", { class: "note", role: "status" });
    this.hide = element("input", { type: "checkbox", onchange: () => this.onHide() });
    const hide = element("label", {}, this.hide, element("span", { text: "Hide the page's options" }));
    this.kept = element("fieldset");
    const row = element("div", { class: "row" }, this.address, this.copy);
    const words = element("div", { class: "words" }, row, this.note, hide, this.kept);
    this.body.append(this.code, words);
  }

  show() {
    this.hide.checked = false;
    this.onHide();
    this.open();
  }

  /** List the options only now: before, the page may not have been complete. */
  onHide() {
    const boxes = optionsOnPage().map(({ key, label }) => {
      const box = element("input", { type: "checkbox", value: key, onchange: () => this.request() });
      return element("label", {}, box, element("span", { text: label }));
    });
    this.kept.replaceChildren(element("legend", { text: "but keep" }), ...boxes);
    this.kept.hidden = !this.hide.checked || !boxes.length;
    this.request();
  }

  /** Ask Python for a link to the current state. */
  request() {
    const query = writeAddress().searchParams;
    if (this.hide.checked) {
      for (const name of OWN) query.delete(name);
      const kept = [...this.kept.querySelectorAll("input:checked")].map((box) => box.value);
      if (kept.length) query.set("only", kept.join());
      else query.set("lesson", "1");
    } else for (const name of ["s", "projector"]) query.delete(name);
    this.query = query.toString();
    this.ask(this.query);
    this.draw();
  }

  update(shared, code) {
    Object.assign(this, { shared, dark: code });
    this.draw();
  }

  draw() {
    const here = this.shared && this.shared.query === this.query;
    this.node.dataset.state = here ? "ready" : "waiting";
    this.address.value = here ? this.shared.address : "";
    setText(this.note, here ? this.shared.note : "");
    this.copy.disabled = !here;
    if (here) drawCode(this.code, this.shared.side, this.dark);
  }

  /** Pages over plain HTTP cannot use the clipboard: select the address instead. */
  async onCopy() {
    try {
      await navigator.clipboard.writeText(this.address.value);
      setText(this.note, "Copied.");
    } catch {
      this.address.focus();
      this.address.select();
      setText(this.note, "The address is selected: copy it with Ctrl+C.");
    }
  }
}

/** Dark squares on white in every theme, with the margin of four squares that cameras need. */
function drawCode(canvas, side, dark) {
  const cell = Math.max(4, Math.floor(1024 / (side + 8)));
  canvas.width = canvas.height = cell * (side + 8);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "black";
  for (let at = 0; at < side * side; at++) {
    if (dark.get(at)) pen.fillRect(cell * (4 + (at % side)), cell * (4 + Math.floor(at / side)), cell, cell);
  }
}

/** The options on screen: {key, label} each. */
function optionsOnPage() {
  const found = new Map();
  for (const node of document.querySelectorAll(OPTION)) {
    const box = node.closest('[class*="st-key-"]');
    const key = [...(box?.classList ?? [])].find((name) => name.startsWith("st-key-"))?.slice(7);
    if (!key || key.startsWith("quiz") || key === "projector" || !node.checkVisibility()) continue;
    const label = node.querySelector('[data-testid="stWidgetLabel"]')?.textContent.trim() || key;
    if (!found.has(key)) found.set(key, { key, label });
  }
  return [...found.values()];
}
