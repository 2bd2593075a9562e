// The gallery of feature maps: layers from left to right, all maps of the open one.

const THUMBNAIL = 104; // CSS pixels
const THUMBNAIL_MAPS = 4;
const TILE = 92; // CSS pixels that a map should have at least, where there are many

class MapsGallery {
  constructor(root) {
    this.root = root;
    this.strip = element("div", { class: "strip", role: "tablist", "aria-label": "Layers" });
    this.heading = element("div", { class: "heading" });
    this.ramp = element("canvas", { class: "ramp", "aria-hidden": "true" });
    this.low = element("span");
    this.high = element("span");
    const scale = element("div", { class: "scale" }, this.low, this.ramp, this.high);
    this.canvas = element("canvas", { tabindex: "0", role: "application", class: "maps" });
    this.caption = element("div", { class: "caption" });
    this.portrait = element("canvas", { class: "portrait", tabindex: "0", role: "application" });
    this.detail = element("div", { class: "detail" }, this.portrait, this.caption);
    const head = element("div", { class: "head" }, this.heading, scale);
    const body = element("div", { class: "body" }, this.canvas, this.detail);
    this.root.append(element("div", { class: "gallery" }, this.strip, head, body));
    this.announcer = new Announcer(root);
    this.listen();
  }

  listen() {
    this.strip.addEventListener("keydown", (event) => this.onStripKey(event));
    this.canvas.addEventListener("pointermove", (event) => this.show(this.placeAt(event)));
    this.canvas.addEventListener("pointerleave", () => this.show(null));
    this.canvas.addEventListener("click", (event) => this.pick(this.placeAt(event)));
    this.canvas.addEventListener("keydown", (event) => this.onMapKey(event));
    this.portrait.addEventListener("click", (event) => this.pick(this.cellOfPortrait(event)));
    this.portrait.addEventListener("keydown", (event) => this.onPortraitKey(event));
  }

  // ---------------------------------------------------------------- content

  update(meta, arrays) {
    this.meta = meta;
    this.layers = meta.layers.map(
      (layer, index) => new Layer(layer, arrays[`layer${index}`], arrays[`stats${index}`], arrays[layer.colormap]),
    );
    const asked = JSON.stringify([meta.selected, meta.cell]);
    if (asked !== this.asked) [this.open, this.picked] = [meta.selected, meta.cell];
    this.asked = asked;
    this.takeUp(meta.before);
    this.open = clamp(this.open, 0, this.layers.length - 1);
    const { channels, height, width } = this.layer;
    const fits = this.picked && this.picked.channel < channels && this.picked.row < height && this.picked.column < width;
    if (!fits) this.picked = null;
    this.buildStrip();
    this.layout();
  }

  /** The layer and cell that were open before the widget was mounted again, if they still exist. */
  takeUp(before) {
    if (before?.instead_of !== this.meta.selected || this.layers[before.layer]?.name !== before.name) return;
    this.open = before.layer;
    if (before.channel !== undefined) this.picked = { channel: before.channel, row: before.row, column: before.column };
    if (this.meta.report) this.report("map", before);
  }

  get layer() {
    return this.layers[this.open];
  }

  buildStrip() {
    this.tabs = this.layers.map((layer, index) => {
      const picture = element("canvas", { "aria-hidden": "true" });
      const label = element("span", { text: layer.name });
      const onclick = () => this.openLayer(index);
      return element("button", { type: "button", role: "tab", title: layer.name, onclick }, picture, label);
    });
    this.strip.replaceChildren(...this.tabs);
  }

  layout() {
    const width = roomIn(this.root);
    if (!this.layers) return;
    this.colors = palette(this.root);
    this.scale = devicePixelRatio || 1;
    this.hatch = hatchPattern(this.canvas.getContext("2d"), this.colors, 6 * this.scale);
    this.layers.forEach((layer, index) => this.drawThumbnail(layer, this.tabs[index].firstChild));
    this.showOpen();
    this.layoutMaps(width);
    this.draw();
  }

  drawThumbnail(layer, canvas) {
    const side = Math.min(2, Math.ceil(Math.sqrt(layer.channels)));
    const count = Math.min(layer.channels, THUMBNAIL_MAPS, side * side);
    const gap = side > 1 ? Math.round(3 * this.scale) : 0;
    const cell = (THUMBNAIL * this.scale - (side - 1) * gap) / (side * Math.max(layer.width, layer.height));
    const tiling = new Tiling(layer, layer.liveliest(count), side, cell, gap);
    sizeCanvas(canvas, tiling.width / this.scale, tiling.height / this.scale);
    tiling.draw(canvas.getContext("2d"), this.hatch, this.colors.edge);
  }

  /** Whole cells; as many columns as fit, and larger maps if there are few. */
  layoutMaps(width) {
    const { layer } = this;
    const narrow = width < 640;
    this.root.firstChild.classList.toggle("narrow", narrow);
    this.detailSize = narrow ? 120 : clamp(0.28 * width, 180, 300);
    const space = narrow ? width : width - this.detailSize - 28;
    const gap = Math.round(5 * this.scale);
    const wanted = Math.min(layer.channels, Math.max(1, Math.floor(space / (narrow ? 70 : TILE))));
    const free = space * this.scale - (wanted - 1) * gap;
    const exact = Math.min(free / (wanted * layer.width), (240 * this.scale) / layer.width);
    const cell = exact > 4 ? Math.floor(exact) : exact;
    this.tiling = new Tiling(layer, Array.from({ length: layer.channels }, (_, channel) => channel), wanted, cell, gap);
    sizeCanvas(this.canvas, this.tiling.width / this.scale, this.tiling.height / this.scale);
    this.portraitCell = Math.max(1, Math.floor((this.detailSize * this.scale) / Math.max(layer.width, layer.height)));
    sizeCanvas(this.portrait, (layer.width * this.portraitCell) / this.scale, (layer.height * this.portraitCell) / this.scale);
    this.detail.style.width = narrow ? "" : `${this.detailSize}px`;
  }

  showOpen() {
    const { layer } = this;
    this.tabs.forEach((tab, index) => {
      tab.setAttribute("aria-selected", index === this.open);
      tab.tabIndex = index === this.open ? 0 : -1;
    });
    const plural = layer.channels === 1 ? "map" : "maps";
    const parts = [`${layer.name}: ${layer.channels} ${plural}`, `${layer.height} × ${layer.width}`];
    if (layer.dead) parts.push(`${layer.dead} constant`);
    setParts(this.heading, parts);
    setText(this.low, short(layer.colors[0]));
    setText(this.high, short(layer.colors[1]));
    sizeCanvas(this.ramp, 140, 14);
    const pen = this.ramp.getContext("2d");
    for (let x = 0; x < this.ramp.width; x++) {
      const entry = 3 * Math.round((255 * x) / (this.ramp.width - 1));
      pen.fillStyle = `rgb(${layer.colormap.subarray(entry, entry + 3)})`;
      pen.fillRect(x, 0, 1, this.ramp.height);
    }
    this.scrollToOpen();
    this.canvas.setAttribute("aria-label", `All maps of ${layer.name}. Arrow keys choose a map.`);
    this.root.dataset.layer = layer.name;
  }

  /** Scroll the strip to the open layer's tab, without scrolling the page. */
  scrollToOpen() {
    const { strip } = this;
    const tab = this.tabs[this.open];
    const left = tab.offsetLeft - strip.offsetLeft;
    if (left < strip.scrollLeft) strip.scrollLeft = left - 8;
    const right = left + tab.offsetWidth;
    if (right > strip.scrollLeft + strip.clientWidth) strip.scrollLeft = right - strip.clientWidth + 8;
  }

  draw() {
    const pen = this.canvas.getContext("2d");
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.tiling.draw(pen, this.hatch, this.colors.edge);
    const { channel } = this.place;
    const [x, y] = this.tiling.corner(channel);
    const thick = Math.round(3 * this.scale);
    const [width, height] = [this.tiling.tileWidth - 2 * thick, this.tiling.tileHeight - 2 * thick];
    targetOutline(pen, x + thick, y + thick, width, height, this.colors, thick, this.scale);
    this.drawPortrait();
    setText(this.caption, this.words());
    Object.assign(this.root.dataset, { channel, place: `${channel},${this.place.row},${this.place.column}` });
  }

  /** The map under the pointer, large, with its cell marked. */
  drawPortrait() {
    const { layer, place } = this;
    const pen = this.portrait.getContext("2d");
    const { width, height } = this.portrait;
    pen.fillStyle = this.hatch;
    pen.fillRect(0, 0, width, height);
    layer.drawMap(pen, place.channel, 0, 0, width, height);
    const cell = this.portraitCell;
    targetOutline(pen, place.column * cell, place.row * cell, cell, cell, this.colors, 2 * this.scale, this.scale);
    outlineCanvas(pen, this.colors.edge, this.scale);
    this.portrait.setAttribute("aria-label", `${this.words()}. Arrow keys choose a cell.`);
  }

  /** The cell under the pointer, else the clicked one, else the middle of the first map. */
  get place() {
    const { layer } = this;
    const middle = { channel: 0, row: Math.floor(layer.height / 2), column: Math.floor(layer.width / 2) };
    return this.pointed ?? this.picked ?? middle;
  }

  words() {
    const { channel, row, column } = this.place;
    const [low, mean, high] = this.layer.stats.subarray(3 * channel, 3 * channel + 3);
    const value = this.layer.value(channel, row, column);
    const said = Number.isNaN(value) ? "unknown" : short(value);
    return `map ${channel}, row ${row}, column ${column}: ${said}\nmin ${short(low)} · mean ${short(mean)} · max ${short(high)}`;
  }

  // ---------------------------------------------------------------- input

  placeAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * this.canvas.width;
    return this.tiling.at(x, ((event.clientY - box.top) / box.height) * this.canvas.height);
  }

  /** The cell of the large map at a point. */
  cellOfPortrait(event) {
    const { layer } = this;
    const box = this.portrait.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * layer.height);
    const column = Math.floor(((event.clientX - box.left) / box.width) * layer.width);
    return { channel: this.place.channel, row: clamp(row, 0, layer.height - 1), column: clamp(column, 0, layer.width - 1) };
  }

  show(place) {
    if (!this.layers) return;
    this.pointed = place;
    this.draw();
  }

  pick(place) {
    if (!place) return;
    this.picked = place;
    this.draw();
    this.announcer.say(this.words());
    this.tell(place);
  }

  openLayer(index) {
    this.open = index;
    this.picked = null;
    this.pointed = null;
    this.layout();
    this.tabs[index].focus();
    this.announcer.say(this.heading.textContent);
    this.tell({});
  }

  tell(place) {
    if (!this.meta.report) return;
    this.report("map", { layer: this.open, name: this.layer.name, instead_of: this.meta.selected, ...place });
  }

  onStripKey(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.openLayer(clamp(this.open + step, 0, this.layers.length - 1));
  }

  onMapKey(event) {
    const { columns } = this.tiling;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (!step) return;
    event.preventDefault();
    this.pointed = null;
    const channel = this.place.channel + step;
    if (channel >= 0 && channel < this.layer.channels) this.pick({ ...this.place, channel });
  }

  onPortraitKey(event) {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    this.pointed = null;
    const { channel, row, column } = this.place;
    const { height, width } = this.layer;
    this.pick({ channel, row: clamp(row + step[0], 0, height - 1), column: clamp(column + step[1], 0, width - 1) });
  }
}

function short(value) {
  return Number(value.toPrecision(3)).toString().replace("-", "−");
}

export default function (component) {
  return mount(component, (root) => new MapsGallery(root));
}
