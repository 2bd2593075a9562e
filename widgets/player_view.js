// How the player looks: the grid of samples, the large one, and the distribution.

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
    const space = Math.min(
      (cssWidth * scale - gap * columns) / (film.width * columns),
      (cssHeight * scale - gap * rows) / (film.height * rows),
    );
    const cell = space < 5 ? Math.floor(space * film.width) / film.width : Math.floor(space);
    Object.assign(this, { columns, rows, gap, cell, scale });
    this.stepX = Math.round(film.width * cell) + gap;
    this.stepY = Math.round(film.height * cell) + gap;
    sizeCanvas(this.canvas, (columns * this.stepX) / scale, (rows * this.stepY) / scale);
    this.empty = this.emptyPicture(film, colors);
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
    return picture;
  }

  corner(image) {
    const inset = this.gap / 2;
    const [column, row] = [image % this.columns, Math.floor(image / this.columns)];
    return [Math.floor(column * this.stepX + inset), Math.floor(row * this.stepY + inset)];
  }

  draw(film, atlas, step, selected, colors) {
    const pen = this.canvas.getContext("2d");
    const [width, height] = [this.stepX - this.gap, this.stepY - this.gap];
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.drawImage(this.empty, 0, 0);
    const now = step < film.total ? film.current(step) : null;
    const mark = Math.max(Math.round(this.cell), Math.round(4 * this.scale));
    for (let image = 0; image < film.n; image++) {
      const [x, y] = this.corner(image);
      atlas.draw(pen, image, x, y, width, height);
      frame(pen, x, y, width, height, colors.edge, this.scale);
      strokeEdges(pen, film.borders[image], x, y, this.cell, colors.text, this.scale);
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
    const column = Math.floor(((event.clientX - box.left) / box.width) * this.columns);
    const row = Math.floor(((event.clientY - box.top) / box.height) * this.rows);
    const image = row * this.columns + column;
    return column >= 0 && column < this.columns && image >= 0 && image < film.n ? image : null;
  }
}

/** The selected sample, large. Click a pixel to wind the film back to it. */
class Portrait {
  constructor() {
    this.canvas = element("canvas", { role: "img", class: "portrait" });
  }

  layout(film, cssSize, colors) {
    this.scale = devicePixelRatio || 1;
    this.cell = cellSize(cssSize, Math.max(film.width, film.height));
    sizeCanvas(this.canvas, (film.width * this.cell) / this.scale, (film.height * this.cell) / this.scale);
    const pen = this.canvas.getContext("2d");
    this.hatch = hatchPattern(pen, colors, 7 * this.scale);
  }

  draw(film, atlas, step, image, colors) {
    const pen = this.canvas.getContext("2d");
    const { width, height } = this.canvas;
    pen.fillStyle = this.hatch;
    pen.fillRect(0, 0, width, height);
    atlas.draw(pen, image, 0, 0, width, height);
    gridLines(pen, 0, 0, film.height, film.width, this.cell, colors.gridline);
    const now = step < film.total ? film.current(step) : null;
    if (now) this.drawField(pen, film, now, colors);
    strokeEdges(pen, film.borders[image], 0, 0, this.cell, colors.text, 2 * this.scale);
    outlineCanvas(pen, colors.edge, this.scale);
    if (!now) return;
    const thickness = Math.max(2, Math.round(2.5 * this.scale));
    const size = this.cell + 2 * thickness;
    const x = clamp(now.column * this.cell - thickness, 0, width - size);
    const y = clamp(now.row * this.cell - thickness, 0, height - size);
    outline(pen, x, y, size, colors.role("target"), thickness);
  }

  /** The pixels that the model looked at when it chose the current one. */
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

/** Two levels: one bar, paper and ink, with the random number that chose. */
class InkBar {
  constructor() {
    this.paper = element("div", { class: "paper" });
    this.ink = element("div", { class: "ink" });
    this.tick = element("div", { class: "tick" });
    this.paperText = element("span");
    this.inkText = element("span");
    this.numberText = element("div", { class: "uniform" });
    this.node = element(
      "div",
      { class: "inkbar", "aria-hidden": "true" },
      element("div", { class: "numbers" }, this.paperText, this.inkText),
      element("div", { class: "bar" }, this.paper, this.ink, this.tick),
      this.numberText,
    );
  }

  draw(film, image, step) {
    const now = film.current(step);
    const known = now && film.isKnown(image, now.position);
    const shares = now && !known ? film.distribution(image, now.position) : null;
    const ink = shares ? shares[1] : 0;
    this.node.classList.toggle("idle", !shares);
    this.paper.style.width = `${100 * (1 - ink)}%`;
    setText(this.paperText, `paper ${shares ? shares[0].toFixed(2) : "–"}`);
    setText(this.inkText, `ink ${shares ? shares[1].toFixed(2) : "–"}`);
    const level = now ? film.level(image, now.position) : null;
    this.paperText.classList.toggle("chosen", Boolean(shares) && level === 0);
    this.inkText.classList.toggle("chosen", Boolean(shares) && level === 1);
    const number = shares ? film.uniform(image, now.position) : null;
    this.tick.hidden = number === null;
    this.numberText.hidden = film.uniform(image, 0) === null;
    if (number === null) setText(this.numberText, "random number –");
    else {
      this.tick.style.left = `${100 * number}%`;
      setText(this.numberText, `random number ${number.toFixed(2)} → ${film.levelName(level)}`);
    }
  }
}

/** Many levels: a histogram, the chosen level outlined. */
class Histogram {
  constructor() {
    this.canvas = element("canvas", { "aria-hidden": "true" });
    this.low = element("span", { text: "0" });
    this.peak = element("span");
    this.high = element("span");
    const axis = element("div", { class: "numbers" }, this.low, this.peak, this.high);
    this.node = element("div", { class: "histogram", "aria-hidden": "true" }, this.canvas, axis);
  }

  layout(cssWidth) {
    sizeCanvas(this.canvas, Math.max(80, cssWidth), 110);
  }

  draw(film, image, step, colors) {
    const pen = this.canvas.getContext("2d");
    const { width, height } = this.canvas;
    const scale = devicePixelRatio || 1;
    pen.clearRect(0, 0, width, height);
    setText(this.high, String(film.levels - 1));
    const now = film.current(step);
    const shares = now && !film.isKnown(image, now.position) ? film.distribution(image, now.position) : null;
    setText(this.peak, shares ? `highest p = ${Math.max(...shares).toFixed(2)}` : "");
    pen.fillStyle = colors.text;
    pen.fillRect(0, height - scale, width, scale);
    if (!shares) return;
    const top = Math.max(...shares, 0.01);
    const each = width / shares.length;
    const gap = each > 4 * scale ? scale : 0;
    const chosen = film.level(image, now.position);
    shares.forEach((share, level) => {
      const tall = Math.max(level === chosen ? 3 * scale : 0, (share / top) * (height - 8 * scale));
      pen.fillStyle = level === chosen ? colors.role("target") : colors.text;
      pen.globalAlpha = level === chosen ? 1 : 0.55;
      const wide = level === chosen ? Math.max(each - gap, 3 * scale) : each - gap;
      pen.fillRect(level * each, height - tall, wide, tall);
    });
    pen.globalAlpha = 1;
  }
}
