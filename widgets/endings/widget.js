// Endings: equal tiles; the given part is ink on paper, and the rest has its own colour.

const GAP = 8; // CSS pixels between tiles
const TINT = 0.16; // how much of the colour lies on the model's paper
const SHADE = 0.75; // how much of the colour is in the model's ink

class Endings {
  constructor(root) {
    this.root = root;
    this.tiles = element("div", { class: "tiles" });
    this.selected = null;
    this.swatches = [element("canvas"), element("canvas")]; // by whether it is known
    this.legend = element(
      "ul",
      { class: "legend" },
      element("li", {}, this.swatches[1], element("span", { text: "given" })),
      element("li", {}, this.swatches[0], element("span", { text: "drawn by the model" })),
    );
    root.append(this.tiles, this.legend);
    this.canvases = [];
  }

  update(meta, arrays) {
    this.meta = meta;
    this.arrays = arrays;
    if (this.canvases.length !== meta.n || this.selectable !== meta.selectable) this.build();
    this.captions.forEach((node, index) => setText(node, meta.captions[index] ?? ""));
    this.tiles.setAttribute("aria-label", [meta.label, ...new Set(meta.captions)].join(", "));
    this.legend.hidden = !meta.legend;
    this.layout();
  }

  build() {
    this.selectable = this.meta.selectable;
    this.canvases = Array.from({ length: this.meta.n }, () => element("canvas"));
    this.captions = this.canvases.map(() => element("figcaption"));
    this.figures = this.canvases.map((canvas, index) => element("figure", {}, canvas, this.captions[index]));
    this.tiles.replaceChildren(...this.figures);
    this.tiles.setAttribute("role", this.selectable ? "group" : "img");
    if (this.selectable) this.figures.forEach((figure, index) => this.makeButton(figure, index));
  }

  makeButton(figure, index) {
    const words = { role: "button", tabindex: "0", "aria-label": `Ending ${index + 1}`, "aria-pressed": "false" };
    for (const [name, value] of Object.entries(words)) figure.setAttribute(name, value);
    figure.addEventListener("click", () => this.select(index));
    figure.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      this.select(index);
    });
  }

  select(index) {
    this.selected = index === this.selected ? null : index;
    this.figures.forEach((figure, at) => figure.setAttribute("aria-pressed", at === this.selected));
    this.report("selected", { index: this.selected });
  }

  /** Whole device pixels per pixel, so that all have the same size. */
  layout() {
    const { meta } = this;
    const width = Math.min(roomIn(this.root), meta?.maxWidth);
    if (!width) return;
    const scale = devicePixelRatio || 1;
    const space = (width - GAP * (meta.columns - 1)) / meta.columns - 2;
    const cell = cellSize(space, Math.max(meta.width, meta.height));
    this.tiles.style.gridTemplateColumns = `repeat(${meta.columns}, max-content)`;
    this.tiles.style.gap = `${GAP}px`;
    for (const canvas of this.canvases) sizeCanvas(canvas, (meta.width * cell) / scale, (meta.height * cell) / scale);
    this.setColors();
    this.swatches.forEach((canvas, known) => this.drawSwatch(canvas, this.ramps[known]));
    this.draw();
  }

  setColors() {
    const colors = palette(this.root);
    const [paper, ink, drawn] = [colors.paper, colors.ink, colors.role("drawn")].map(rgb);
    const tinted = mix(paper, drawn, TINT);
    const shaded = mix(ink, drawn, SHADE);
    const share = (level) => level / (this.meta.levels - 1);
    const ramp = (from, to) => Array.from({ length: this.meta.levels }, (_, level) => mix(from, to, share(level)));
    this.ramps = [ramp(tinted, shaded), ramp(paper, ink)]; // by whether it is known
  }

  /** A stroke of ink on paper. */
  drawSwatch(canvas, ramp) {
    sizeCanvas(canvas, 24, 18);
    const pen = canvas.getContext("2d");
    pen.fillStyle = `rgb(${ramp[0]})`;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = `rgb(${ramp[ramp.length - 1]})`;
    pen.fillRect(canvas.width / 3, 0, canvas.width / 3, canvas.height);
  }

  draw() {
    const { width, height } = this.meta;
    const { images, known } = this.arrays;
    const small = offscreen(width, height);
    const pixels = small.getContext("2d");
    this.canvases.forEach((canvas, index) => {
      const bitmap = pixels.createImageData(width, height);
      for (let cell = 0; cell < width * height; cell++) {
        const level = images[index * width * height + cell];
        bitmap.data.set([...this.ramps[known[cell]][level], 255], 4 * cell);
      }
      pixels.putImageData(bitmap, 0, 0);
      const pen = canvas.getContext("2d");
      pen.imageSmoothingEnabled = false;
      pen.drawImage(small, 0, 0, canvas.width, canvas.height);
    });
  }
}

/** Interpolate between two [r, g, b]. */
function mix(from, to, share) {
  return from.map((start, i) => Math.round(start + (to[i] - start) * share));
}

export default function (component) {
  return mount(component, (root) => new Endings(root));
}
