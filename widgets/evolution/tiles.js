// The evolution's pictures: groups of tiles, each a small picture of the current moment.

const TILE_GAP = 8; // CSS pixels between tiles
const GROUP_GAP = 24; // between groups side by side
const LARGEST_TILE = 196; // CSS pixels: two rows of tiles and the curves below fit on a screen
const NARROW = 480; // CSS pixels: below this, large groups stand below one another

class TileGroup {
  constructor(meta) {
    this.meta = meta;
    this.canvases = Array.from({ length: meta.n }, () => element("canvas", {}));
    const figures = this.canvases.map((canvas, index) => {
      const caption = meta.captions[index];
      return element("figure", {}, ...(caption ? [element("figcaption", { text: caption })] : []), canvas);
    });
    this.tiles = element("div", { class: "tiles" }, ...figures);
    this.node = element("div", { class: "group" });
    if (meta.title) this.node.append(element("div", { class: "group-title", text: meta.title }));
    this.node.append(this.tiles);
  }

  /** Update the content; the tiles themselves stay. */
  update(meta, pixels) {
    this.meta = meta;
    this.pixels = pixels;
  }

  /** Whole device pixels per pixel, so that all have the same size. */
  layout(root, space) {
    const { meta } = this;
    const scale = devicePixelRatio || 1;
    const cell = cellSize(Math.min(LARGEST_TILE, space) - 2, Math.max(meta.width, meta.height));
    this.tiles.style.gridTemplateColumns = `repeat(${meta.columns}, max-content)`;
    this.tiles.style.gap = `${TILE_GAP}px`;
    for (const canvas of this.canvases) sizeCanvas(canvas, (meta.width * cell) / scale, (meta.height * cell) / scale);
    this.picture = offscreen(meta.width, meta.height);
    const colors = palette(root);
    this.greys = inkLevels(colors, meta.levels);
    this.hatch = hatchPattern(this.picture.getContext("2d"), colors, 7 * scale);
  }

  draw(at) {
    const frame = this.meta.shown[at] ?? -1;
    this.canvases.forEach((canvas, index) => {
      const pen = canvas.getContext("2d");
      pen.imageSmoothingEnabled = false;
      if (frame >= 0) pen.drawImage(this.paint(frame, index), 0, 0, canvas.width, canvas.height);
      else {
        pen.fillStyle = this.hatch;
        pen.fillRect(0, 0, canvas.width, canvas.height);
      }
    });
  }

  /** One picture as a bitmap, at one bitmap pixel per pixel. */
  paint(frame, index) {
    const { meta, pixels, greys, picture } = this;
    const { channels } = meta;
    const cells = meta.width * meta.height;
    const start = (frame * meta.n + index) * channels * cells;
    const level = pixels instanceof Bits ? (place) => pixels.get(place) : (place) => pixels[place];
    const pen = picture.getContext("2d");
    const bitmap = pen.createImageData(meta.width, meta.height);
    for (let cell = 0; cell < cells; cell++) {
      const color =
        channels === 1
          ? greys[level(start + cell)]
          : [0, 1, 2].map((channel) => (255 * level(start + channel * cells + cell)) / (meta.levels - 1));
      bitmap.data.set([...color, 255], 4 * cell);
    }
    pen.putImageData(bitmap, 0, 0);
    return picture;
  }
}

/** All groups, row by row. */
class TileRows {
  constructor(parent) {
    this.node = element("div", { class: "rows", role: "img" });
    parent.append(this.node);
    this.shape = "";
  }

  update(rows, arrays) {
    const shape = JSON.stringify(rows.map((row) => row.map(({ shown, ...rest }) => rest)));
    if (shape !== this.shape) {
      this.rows = rows.map((row) => row.map((group) => new TileGroup(group)));
      this.node.replaceChildren(
        ...this.rows.map((row) => element("div", { class: "row" }, ...row.map((group) => group.node))),
      );
      this.node.hidden = !rows.length;
      this.shape = shape;
    }
    rows.forEach((row, y) => row.forEach((group, x) => this.rows[y][x].update(group, arrays[group.name])));
  }

  layout(root, width) {
    for (const row of this.rows) {
      const columns = row.map((group) => group.meta.columns);
      const stacked = width < NARROW && columns.filter((number) => number > 1).length > 1;
      const across = stacked ? Math.max(...columns) : columns.reduce((sum, number) => sum + number, 0);
      const groups = stacked ? 1 : row.length;
      const gaps = TILE_GAP * (across - groups) + GROUP_GAP * (groups - 1);
      const space = Math.floor((width - gaps) / across);
      row[0].node.parentElement.classList.toggle("stacked", stacked);
      for (const group of row) group.layout(root, space);
    }
  }

  draw(at) {
    for (const group of this.rows.flat()) group.draw(at);
  }
}
