// Slow motion: one stage of a process after the other.

const LARGEST_PICTURE = 340; // CSS pixels

class SlowMotion {
  constructor(root, signal) {
    this.root = root;
    this.at = 0;
    this.names = element("div", { class: "names", role: "tablist" });
    this.canvas = element("canvas", { class: "stage-picture", role: "img" });
    this.reading = element("div", { class: "reading" });
    this.scale = element("div", { class: "scale" });
    this.title = element("div", { class: "stage-title" });
    this.text = element("p", {});
    this.code = element("code", {});
    this.bars = element("div", { class: "bars-of-stage" });
    this.back = button("Back (Left)", ICONS.back, () => this.show(this.at - 1));
    this.next = button("Next (Right)", ICONS.forward, () => this.show(this.at + 1));
    this.next.classList.add("strong");
    this.next.append("Next");
    const left = element("div", { class: "left" }, this.canvas, this.scale, this.reading);
    const right = element(
      "div",
      { class: "right" },
      this.title,
      this.text,
      this.bars,
      this.code,
      element("div", { class: "steps" }, this.back, this.next),
    );
    root.append(this.names, element("div", { class: "stage" }, left, right));
    this.announcer = new Announcer(root);
    this.canvas.addEventListener("pointermove", (event) => this.read(event));
    this.canvas.addEventListener("pointerleave", () => this.tell());
    listenToKeys(root, signal, (key) => this.onKey(key));
  }

  update(meta, arrays) {
    const another = this.film !== meta.film;
    this.film = meta.film;
    this.stages = meta.stages;
    this.arrays = arrays;
    this.canvas.dataset.label = meta.label;
    this.names.setAttribute("aria-label", meta.label);
    this.tabs = this.stages.map((stage, index) =>
      element("button", { type: "button", role: "tab", text: `${index + 1} ${stage.title}`, onclick: () => this.show(index) }),
    );
    this.names.replaceChildren(...this.tabs);
    this.show(another ? 0 : this.at, { silent: true });
  }

  layout() {
    if (this.stages) this.draw();
  }

  get stage() {
    return this.stages[this.at];
  }

  show(at, { silent = false } = {}) {
    this.at = clamp(at, 0, this.stages.length - 1);
    const { stage } = this;
    this.tabs.forEach((tab, index) => {
      tab.setAttribute("aria-selected", index === this.at);
      tab.setAttribute("aria-pressed", index === this.at);
    });
    this.back.disabled = this.at === 0;
    this.next.disabled = this.at === this.stages.length - 1;
    this.title.textContent = `${this.at + 1} of ${this.stages.length}: ${stage.title}`;
    this.text.textContent = stage.text;
    this.code.textContent = stage.code;
    this.root.dataset.stage = stage.title;
    this.showBars();
    this.draw();
    if (!silent) this.announcer.say(`${stage.title}. ${stage.text}`);
  }

  showBars() {
    const { bars, barsTitle } = this.stage;
    this.bars.hidden = !bars.length;
    this.bars.replaceChildren(
      element("div", { class: "bars-title", text: barsTitle }),
      ...bars.map(([name, share, words]) => {
        const bar = element("span", { class: "bar" });
        bar.style.width = `${Math.max(0.5, 100 * share)}%`;
        return element(
          "div",
          { class: "bar-row" },
          element("span", { class: "bar-name", text: name }),
          element("span", { class: "bar-place" }, bar),
          element("span", { class: "bar-value", text: words }),
        );
      }),
    );
  }

  draw() {
    const { stage, canvas } = this;
    const room = roomIn(canvas.parentElement);
    const cell = cellSize(Math.min(LARGEST_PICTURE, room), Math.max(stage.width, stage.height));
    const scale = devicePixelRatio || 1;
    sizeCanvas(canvas, (stage.width * cell) / scale, (stage.height * cell) / scale);
    const colors = palette(this.root);
    const pixels = this.arrays[`pixels${this.at}`];
    const inks = stage.ink ? inkLevels(colors, 256) : null;
    const pen = canvas.getContext("2d");
    for (let place = 0; place < stage.width * stage.height; place++) {
      const color = inks ? inks[pixels[place]] : pixels.subarray(3 * place, 3 * place + 3);
      pen.fillStyle = `rgb(${color.join()})`;
      pen.fillRect((place % stage.width) * cell, Math.floor(place / stage.width) * cell, cell, cell);
    }
    gridLines(pen, 0, 0, stage.height, stage.width, cell, colors.gridline);
    outlineCanvas(pen, colors.edge, 1);
    this.cell = cell / scale;
    this.scale.hidden = !stage.scale;
    const [low, high] = stage.limits;
    if (stage.scale) {
      const strip = element("span", { class: "strip" });
      strip.style.background = `linear-gradient(90deg, ${stage.scale.join()})`;
      this.scale.replaceChildren(low, strip, high);
    }
    canvas.setAttribute("aria-label", `${canvas.dataset.label}, ${stage.title}: ${stage.unit}`);
    this.tell();
  }

  read(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    this.tell(Math.floor((event.clientY - top) / this.cell), Math.floor((event.clientX - left) / this.cell));
  }

  tell(row, column) {
    const { stage } = this;
    const inside = row >= 0 && column >= 0 && row < stage.height && column < stage.width;
    const value = inside ? this.arrays[`values${this.at}`][row * stage.width + column] : 0;
    const where = `row ${row + 1}, column ${column + 1}: ${Number(value.toPrecision(3))} (${stage.unit})`;
    setText(this.reading, inside ? where : stage.unit);
  }

  onKey(key) {
    if (key === "ArrowRight") this.show(this.at + 1);
    else if (key === "ArrowLeft") this.show(this.at - 1);
    else if (key === "r") this.show(0);
    else return false;
    return true;
  }
}

export default function (component) {
  return mount(component, (root, signal) => new SlowMotion(root, signal));
}
