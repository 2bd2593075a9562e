// The player's pictures: the grid of samples and the large one.

const LABEL_HEIGHT = 20; // CSS pixels above a row of tiles that has captions
const LABEL_SIZE = 14; // CSS pixels, where a tile is wide enough for its caption

/** All samples, side by side. Click one to select it. */
class SampleGrid {
  constructor() {
    this.canvas = element("canvas", { tabindex: "0", role: "img" });
  }

  layout(film, cssWidth, cssHeight, colors) {
    const scale = devicePixelRatio || 1;
    const columns = Math.min(film.columns, film.n);
    const rows = Math.ceil(film.n / columns);
    const gap = Math.round((film.n > 36 ? 4 : 8) * scale);
    const captioned = Array.from({ length: rows }, (_, row) =>
      Boolean(film.captions?.slice(row * columns, (row + 1) * columns).some(Boolean)),
    );
    const above = LABEL_HEIGHT * scale;
    const aside = this.rowNameWidth(film, scale);
    const labels = above * captioned.filter(Boolean).length;
    const space = Math.min(
      (cssWidth * scale - aside - gap * columns) / (film.width * columns),
      (cssHeight * scale - labels - gap * rows) / (film.height * rows),
    );
    const cell = space < 5 ? Math.floor(space * film.width) / film.width : Math.floor(space);
    Object.assign(this, { columns, rows, gap, cell, scale, aside });
    this.stepX = Math.round(film.width * cell) + gap;
    this.stepY = Math.round(film.height * cell) + gap;
    this.tops = []; // of each row of tiles, below its captions
    let top = 0;
    for (const caption of captioned) {
      top += caption ? above : 0;
      this.tops.push(top);
      top += this.stepY;
    }
    sizeCanvas(this.canvas, (aside + columns * this.stepX) / scale, top / scale);
    this.empty = this.emptyPicture(film, colors);
  }

  rowNameWidth(film, scale) {
    if (!film.rowNames?.length) return 0;
    const pen = this.canvas.getContext("2d");
    pen.font = this.font(LABEL_SIZE);
    return Math.ceil(scale * (8 + Math.max(...film.rowNames.map((name) => pen.measureText(name).width))));
  }

  font(size) {
    return `600 ${size}px ${getComputedStyle(this.canvas).fontFamily}`;
  }

  /** Names of rows and tiles, drawn once with the hatched tiles. */
  drawNames(pen, film, colors) {
    pen.fillStyle = colors.text;
    pen.textBaseline = "middle";
    const write = (text, x, y, widest) => {
      pen.font = this.font(LABEL_SIZE * this.scale);
      const fits = Math.min(1, widest / pen.measureText(text).width);
      pen.font = this.font(Math.max(10, LABEL_SIZE * fits) * this.scale);
      pen.fillText(text, x, y);
    };
    const width = this.stepX - this.gap;
    film.rowNames?.forEach((name, row) => write(name, 0, this.tops[row] + this.stepY / 2, this.aside));
    pen.textAlign = "center";
    film.captions?.forEach((caption, image) => {
      const [x, y] = this.corner(image);
      write(caption, x + width / 2, y - (LABEL_HEIGHT / 2) * this.scale, width);
    });
  }

  /** The hatched tiles never change between frames, so they are drawn once. */
  emptyPicture(film, colors) {
    const picture = offscreen(this.canvas.width, this.canvas.height);
    const pen = picture.getContext("2d");
    pen.fillStyle = hatchPattern(pen, colors, 6 * this.scale);
    for (let image = 0; image < film.n; image++) {
      const [x, y] = this.corner(image);
      pen.fillRect(x, y, this.stepX - this.gap, this.stepY - this.gap);
    }
    this.drawNames(pen, film, colors);
    return picture;
  }

  corner(image) {
    const inset = this.gap / 2;
    const [column, row] = [image % this.columns, Math.floor(image / this.columns)];
    return [Math.floor(this.aside + column * this.stepX + inset), Math.floor(this.tops[row] + inset)];
  }

  /** The current pixel is that of step `shown`: a slow film outlines it before it is drawn. */
  draw(film, atlas, step, shown, selected, colors) {
    const pen = this.canvas.getContext("2d");
    const [width, height] = [this.stepX - this.gap, this.stepY - this.gap];
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.drawImage(this.empty, 0, 0);
    const now = step < film.total ? film.current(shown) : null;
    const mark = Math.max(Math.round(this.cell), Math.round(4 * this.scale));
    for (let image = 0; image < film.n; image++) {
      const [x, y] = this.corner(image);
      atlas.draw(pen, image, x, y, width, height);
      frame(pen, x, y, width, height, colors.edge, this.scale);
      strokeEdges(pen, film.borders[image], x, y, this.cell, colors.mark, this.scale);
      drawChange(pen, film.changed?.[image], x, y, this.cell, Math.max(this.cell, 5 * this.scale), colors);
      if (!now || film.isKnown(image, now.position)) continue;
      const shift = Math.round((mark - this.cell) / 2) + this.scale;
      const box = mark + 2 * this.scale;
      const [left, top] = [x + now.column * this.cell - shift, y + now.row * this.cell - shift];
      outline(pen, left, top, box, colors.role("target"), 1.5 * this.scale);
    }
    const [x, y] = this.corner(selected);
    frame(pen, x, y, width, height, colors.text, Math.max(2, Math.round(this.gap / 3)));
  }

  imageAt(event, film) {
    const box = this.canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * this.canvas.width - this.aside;
    const y = ((event.clientY - box.top) / box.height) * this.canvas.height;
    const column = Math.floor(x / this.stepX);
    const row = this.tops.findLastIndex((top) => y >= top);
    if (row < 0) return null;
    const image = row * this.columns + column;
    return column >= 0 && column < this.columns && image >= 0 && image < film.n ? image : null;
  }
}

/** The selected sample, large. A click on a pixel moves the film to it. */
class Portrait {
  constructor() {
    // Focusable by a click, so that the keys continue from the clicked pixel.
    this.canvas = element("canvas", { role: "img", class: "portrait", tabindex: "-1" });
  }

  layout(film, cssSize, colors) {
    this.scale = devicePixelRatio || 1;
    this.cell = cellSize(cssSize, Math.max(film.width, film.height));
    sizeCanvas(this.canvas, (film.width * this.cell) / this.scale, (film.height * this.cell) / this.scale);
    const pen = this.canvas.getContext("2d");
    this.hatch = hatchPattern(pen, colors, 7 * this.scale);
  }

  draw(film, atlas, step, shown, image, colors) {
    const pen = this.canvas.getContext("2d");
    const { width, height } = this.canvas;
    pen.fillStyle = this.hatch;
    pen.fillRect(0, 0, width, height);
    atlas.draw(pen, image, 0, 0, width, height);
    gridLines(pen, 0, 0, film.height, film.width, this.cell, colors.gridline);
    const now = step < film.total ? film.current(shown) : null;
    if (now && atlas.view === "pixels") this.drawField(pen, film, now, colors);
    strokeEdges(pen, film.borders[image], 0, 0, this.cell, colors.mark, 2 * this.scale);
    drawChange(pen, film.changed?.[image], 0, 0, this.cell, this.cell, colors);
    outlineCanvas(pen, colors.edge, this.scale);
    if (!now) return;
    const thickness = Math.max(2, Math.round(2.5 * this.scale));
    const size = this.cell + 2 * thickness;
    const x = clamp(now.column * this.cell - thickness, 0, width - size);
    const y = clamp(now.row * this.cell - thickness, 0, height - size);
    outline(pen, x, y, size, colors.role("target"), thickness);
  }

  /** The receptive field of the current pixel. */
  drawField(pen, film, now, colors) {
    if (!film.arrays.field) return;
    pen.fillStyle = colors.role("seen");
    pen.globalAlpha = 0.3;
    for (let source = 0; source < film.cells; source++) {
      if (!film.arrays.field.get(now.pixel * film.cells + source)) continue;
      const [row, column] = [Math.floor(source / film.width), source % film.width];
      pen.fillRect(column * this.cell, row * this.cell, this.cell, this.cell);
    }
    pen.globalAlpha = 1;
  }

  pixelAt(event, film) {
    const box = this.canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * film.width);
    const row = Math.floor(((event.clientY - box.top) / box.height) * film.height);
    return { row: clamp(row, 0, film.height - 1), column: clamp(column, 0, film.width - 1) };
  }
}

/** A dot on the pixel (row, column) that the user changed. */
function drawChange(pen, place, left, top, cell, size, colors) {
  if (!place) return;
  const [row, column] = place;
  pen.beginPath();
  pen.arc(left + (column + 0.5) * cell, top + (row + 0.5) * cell, size * 0.4, 0, 2 * Math.PI);
  pen.fillStyle = colors.role("target");
  pen.fill();
  pen.strokeStyle = colors.mark;
  pen.lineWidth = Math.max(1, size * 0.1);
  pen.stroke();
}
