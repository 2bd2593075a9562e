// Which is real? Left or Right chooses, Space continues; the result is reported at the end.

const LARGEST_TILE = 252; // CSS pixels
const SIDE_NAMES = ["left", "right"];

class WhichReal {
  constructor(root, signal) {
    this.root = root;
    this.round = element("div", { class: "round" });
    this.canvases = SIDE_NAMES.map(() => element("canvas", { "aria-hidden": "true" }));
    this.words = SIDE_NAMES.map(() => element("span"));
    this.choices = SIDE_NAMES.map((name, side) => {
      const choice = element("button", { type: "button", onclick: () => this.choose(side) });
      choice.append(this.canvases[side], this.words[side]);
      return choice;
    });
    this.told = element("span");
    this.next = element("button", { type: "button", class: "strong", text: "Next (Space)", onclick: () => this.goOn() });
    this.box = element(
      "div",
      { class: "whichreal", tabindex: "0", role: "group", "aria-label": "Which is real? Left and Right choose, Space continues." },
      this.round,
      element("div", { class: "choices" }, ...this.choices),
      element("div", { class: "next" }, this.told, this.next),
    );
    root.append(this.box);
    this.announcer = new Announcer(root);
    listenToKeys(root, signal, (key) => this.onKey(key));
  }

  update(meta, arrays) {
    const another = this.meta?.game !== meta.game;
    Object.assign(this, { meta, images: arrays.images });
    if (another) {
      this.chosen = [];
      this.at = 0;
      const { before } = meta;
      if (before?.game === meta.game) {
        this.chosen = before.chosen;
        this.at = meta.sides.length - 1;
        this.report("result", before);
      }
    }
    this.layout();
  }

  layout() {
    const { meta } = this;
    const width = Math.min(roomIn(this.box) / 2 - 36, LARGEST_TILE);
    if (!meta) return;
    const scale = devicePixelRatio || 1;
    const cell = cellSize(width, Math.max(meta.width, meta.height));
    this.cell = cell;
    this.colors = palette(this.root);
    for (const canvas of this.canvases) sizeCanvas(canvas, (cell * meta.width) / scale, (cell * meta.height) / scale);
    this.draw();
  }

  get answered() {
    return this.chosen.length > this.at;
  }

  get over() {
    return this.chosen.length === this.meta.sides.length;
  }

  get hits() {
    return this.chosen.filter((side, round) => side === this.meta.sides[round]).length;
  }

  draw() {
    const { meta, at } = this;
    const real = meta.sides[at];
    this.canvases.forEach((canvas, side) => this.drawPicture(canvas.getContext("2d"), side));
    const played = `${this.hits} of ${this.chosen.length} right`;
    setText(this.round, `Round ${at + 1} of ${meta.sides.length}${this.chosen.length ? ` · ${played}` : ""}`);
    this.choices.forEach((choice, side) => {
      choice.disabled = this.answered;
      choice.dataset.real = this.answered && side === real ? "yes" : "no";
      choice.dataset.chosen = this.answered && side === this.chosen[at] ? "yes" : "no";
      const hidden = side === 0 ? "← This one is real" : "This one is real →";
      setText(this.words[side], this.answered ? (side === real ? "✓ real" : "drawn by the model") : hidden);
      choice.setAttribute("aria-label", this.answered ? `${SIDE_NAMES[side]}: ${this.words[side].textContent}` : `The ${SIDE_NAMES[side]} one is real`);
    });
    setText(this.told, this.answered ? (this.chosen[at] === real ? "Right!" : "No, the other one.") : "");
    this.next.hidden = !this.answered || this.over;
    this.root.dataset.round = at;
    this.root.dataset.answered = this.chosen.length;
  }

  drawPicture(pen, side) {
    const { meta, cell, at } = this;
    const size = meta.width * meta.height;
    const ramp = inkLevels(this.colors, meta.levels);
    for (let pixel = 0; pixel < size; pixel++) {
      pen.fillStyle = `rgb(${ramp[this.images[(2 * at + side) * size + pixel]]})`;
      pen.fillRect((pixel % meta.width) * cell, Math.floor(pixel / meta.width) * cell, cell, cell);
    }
    outlineCanvas(pen, this.colors.edge, devicePixelRatio || 1);
  }

  choose(side) {
    if (this.answered) return;
    this.chosen.push(side);
    this.draw();
    this.announcer.say(`${this.told.textContent} ${this.round.textContent}`);
    if (this.over) this.report("result", { game: this.meta.game, chosen: this.chosen });
    (this.over ? this.box : this.next).focus({ preventScroll: true });
  }

  goOn() {
    if (!this.answered || this.over) return;
    this.at++;
    this.draw();
    this.announcer.say(this.round.textContent);
    this.box.focus({ preventScroll: true });
  }

  onKey(key) {
    if (!this.meta) return false;
    if (key === "ArrowLeft" || key === "ArrowRight") {
      this.choose(key === "ArrowLeft" ? 0 : 1);
      return true;
    }
    if (key !== " " && key !== "Enter") return false;
    this.goOn();
    return true;
  }
}

export default function (component) {
  return mount(component, (root, signal) => new WhichReal(root, signal));
}
