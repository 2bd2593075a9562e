// A dialog of the page's frame: Escape or its button closes it and restores the focus.

class FrameDialog {
  constructor(root, title) {
    this.body = element("div", { class: "body" });
    this.heading = element("h2", { id: `frame-${title.split(" ")[0]}`, text: title });
    const close = element("button", { type: "button", text: "Close", onclick: () => this.node.close() });
    const head = element("div", { class: "head" }, this.heading, close);
    this.node = element("dialog", { "aria-labelledby": this.heading.id }, head, this.body);
    this.node.addEventListener("click", (event) => {
      if (event.target === this.node) this.node.close(); // beside it
    });
    this.node.addEventListener("keydown", (event) => event.stopPropagation()); // the page sleeps
    this.node.addEventListener("close", () => this.before?.focus());
    root.append(this.node);
  }

  open() {
    if (this.node.open) return;
    this.before = focused();
    this.node.showModal();
  }
}

/** The element with the focus, also inside a widget. */
function focused() {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node === document.body ? null : node;
}

/** A table of keys under a title; empty without keys. */
function keyTable(title, keys) {
  if (!keys.length) return [];
  const rows = keys.map(([names, words]) => {
    const caps = names.split(" ").map((name) => element("kbd", { text: name }));
    return element("div", { class: "key" }, element("dt", {}, ...caps), element("dd", { text: words }));
  });
  return [element("h3", { text: title }), element("dl", {}, ...rows)];
}
