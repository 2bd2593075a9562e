// The pixels on screen, as one bitmap updated with the film.

/** The samples after some steps, at one bitmap pixel per image pixel. */
class Atlas {
  /** `view` sets what the colours show: pixels, or bits. */
  constructor(film, colors, view = "pixels") {
    this.film = film;
    this.view = view;
    this.canvas = offscreen(film.width, film.height * film.n);
    this.pen = this.canvas.getContext("2d");
    this.bitmap = this.pen.createImageData(this.canvas.width, this.canvas.height);
    this.greys = inkLevels(colors, film.levels);
    this.restart();
  }

  restart() {
    this.step = 0;
    this.bitmap.data.fill(0);
    const { film } = this;
    if (!film.arrays.known) return;
    for (let position = 0; position < film.cells * film.channels; position++) {
      for (let image = 0; image < film.n; image++) {
        if (film.isKnown(image, position)) this.paint(image, position);
      }
    }
  }

  moveTo(step) {
    if (step < this.step) this.restart();
    for (; this.step < step; this.step++) {
      for (let image = 0; image < this.film.n; image++) this.paint(image, this.film.order[this.step]);
    }
    this.pen.putImageData(this.bitmap, 0, 0);
  }

  paint(image, position) {
    const { film } = this;
    const { data } = this.bitmap;
    const at = (image * film.cells + Math.floor(position / film.channels)) * 4;
    const level = film.level(image, position);
    if (this.view !== "pixels") {
      const share = film.bitsAt(this.view, image, position) / film.highest(this.view);
      data.set(film.mapColor(Math.round(255 * Math.min(1, share))), at);
    } else if (film.channels === 1) data.set(this.greys[level], at);
    else data[at + (position % film.channels)] = (255 * level) / (film.levels - 1);
    data[at + 3] = 255;
  }

  /** Draw one sample into a box of whole cells. */
  draw(pen, image, x, y, width, height) {
    const { film, canvas } = this;
    pen.imageSmoothingEnabled = false;
    pen.drawImage(canvas, 0, image * film.height, film.width, film.height, x, y, width, height);
  }
}
