// The lines of code that build a mask. Pointing at a line highlights its tiles, and vice versa.

class TileCode {
  /** `onPoint(lineOf or null)`: the pointer is on a line, a function of the tile's index. */
  constructor(onPoint) {
    this.onPoint = onPoint;
    this.list = element("ol", { class: "code", "aria-label": "The code that builds this mask" });
    this.list.addEventListener("pointerleave", () => onPoint(null));
  }

  /** Write the lines: `meta.code`, and before the last one a line for each changed tile. */
  show(meta, mask, usual, lines) {
    this.list.hidden = !meta.code;
    if (!meta.code) return;
    const changed = [...mask.keys()].filter((at) => mask[at] !== usual[at]);
    const own = changed.map((at) => {
      const place = `[${Math.floor(at / meta.width)}, ${at % meta.width}]`;
      return `${meta.codeName}${place} = ${mask[at]}  # ${mask[at] ? "opened" : "closed"} by hand`;
    });
    const texts = [...meta.code.slice(0, -1), ...own, meta.code.at(-1)];
    const first = meta.code.length - 1;
    this.lineOf = (at) => (changed.includes(at) ? first + changed.indexOf(at) : lines[at]);
    if (texts.join("\n") === this.text) return;
    this.text = texts.join("\n");
    const items = texts.map((text, line) => {
      const item = element("li", {}, element("code", { text }));
      if (line >= first && line < first + own.length) item.classList.add("changed");
      item.addEventListener("pointerenter", () => this.onPoint((at) => this.lineOf(at) === line));
      return item;
    });
    this.list.replaceChildren(...items);
  }

  /** Highlight the line that sets this tile, or none. */
  light(at) {
    if (this.list.hidden) return;
    const line = at === null ? -1 : this.lineOf(at);
    [...this.list.children].forEach((item, index) => item.classList.toggle("lit", index === line));
  }

  /** The text of the line that sets this tile. */
  words(at) {
    return this.list.hidden ? "" : this.list.children[this.lineOf(at)].textContent.trim();
  }
}
