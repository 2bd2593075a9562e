// Feature maps as pictures, and their layout on a canvas.

const UNKNOWN_CODE = 65535;

/** One layer: its maps as bitmaps, one bitmap pixel for each cell. */
class Layer {
  constructor(description, codes, stats, colormap) {
    Object.assign(this, description, { codes, stats });
    [this.channels, this.height, this.width] = description.shape;
    this.cells = this.height * this.width;
    this.colormap = colormap;
  }

  value(channel, row, column) {
    const code = this.codes[channel * this.cells + row * this.width + column];
    return code === UNKNOWN_CODE ? NaN : this.decoded(code);
  }

  decoded(code) {
    return this.low + ((this.high - this.low) * code) / (UNKNOWN_CODE - 1);
  }

  /** The index of a code's colour: the colour scale may differ from the layer's range. */
  colorEntry(code) {
    const [low, high] = this.colors;
    return 3 * Math.round(255 * clamp((this.decoded(code) - low) / (high - low || 1), 0, 1));
  }

  /** All maps in one column, made once. */
  get picture() {
    if (this.drawn) return this.drawn;
    this.drawn = offscreen(this.width, this.height * this.channels);
    const pen = this.drawn.getContext("2d");
    const bitmap = pen.createImageData(this.width, this.height * this.channels);
    this.codes.forEach((code, at) => {
      if (code === UNKNOWN_CODE) return; // stays transparent: the hatch shows through
      const entry = this.colorEntry(code);
      for (let part = 0; part < 3; part++) bitmap.data[4 * at + part] = this.colormap[entry + part];
      bitmap.data[4 * at + 3] = 255;
    });
    pen.putImageData(bitmap, 0, 0);
    return this.drawn;
  }

  /** The maps that vary most, for a thumbnail. */
  liveliest(count) {
    const range = (channel) => this.stats[3 * channel + 2] - this.stats[3 * channel];
    const all = Array.from({ length: this.channels }, (_, channel) => channel);
    return all.sort((a, b) => range(b) - range(a)).slice(0, count).sort((a, b) => a - b);
  }

  drawMap(pen, channel, x, y, width, height) {
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.picture, 0, channel * this.height, this.width, this.height, x, y, width, height);
  }
}

/** Some maps of a layer in rows, with gaps; all sizes in device pixels. */
class Tiling {
  constructor(layer, channels, columns, cell, gap) {
    Object.assign(this, { layer, channels, columns, gap });
    this.rows = Math.ceil(channels.length / columns);
    this.tileWidth = Math.round(layer.width * cell);
    this.tileHeight = Math.round(layer.height * cell);
    this.width = columns * (this.tileWidth + gap) - gap;
    this.height = this.rows * (this.tileHeight + gap) - gap;
  }

  corner(index) {
    const column = index % this.columns;
    const row = Math.floor(index / this.columns);
    return [column * (this.tileWidth + this.gap), row * (this.tileHeight + this.gap)];
  }

  draw(pen, hatch, edge) {
    this.channels.forEach((channel, index) => {
      const [x, y] = this.corner(index);
      pen.fillStyle = hatch;
      pen.fillRect(x, y, this.tileWidth, this.tileHeight);
      this.layer.drawMap(pen, channel, x, y, this.tileWidth, this.tileHeight);
      frame(pen, x + 1, y + 1, this.tileWidth - 2, this.tileHeight - 2, edge, 1);
    });
  }

  /** The map and cell at a point in device pixels, or null between maps. */
  at(x, y) {
    const column = Math.floor(x / (this.tileWidth + this.gap));
    const row = Math.floor(y / (this.tileHeight + this.gap));
    const index = row * this.columns + column;
    const [left, top] = this.corner(index);
    const inside = x - left < this.tileWidth && y - top < this.tileHeight;
    if (column < 0 || column >= this.columns || row < 0 || index >= this.channels.length || !inside) return null;
    const cellRow = clamp(Math.floor(((y - top) / this.tileHeight) * this.layer.height), 0, this.layer.height - 1);
    const cellColumn = clamp(Math.floor(((x - left) / this.tileWidth) * this.layer.width), 0, this.layer.width - 1);
    return { channel: this.channels[index], row: cellRow, column: cellColumn };
  }
}
