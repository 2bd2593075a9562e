// One choice in the player: the distribution, the random number, and another value to try.

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

  /** `phase` hides what a slow film has not reached yet (see `Loop`). */
  draw(film, image, step, phase) {
    const now = film.current(step);
    const known = now && film.isKnown(image, now.position);
    const shares = now && !known && phase !== 0 ? film.distribution(image, now.position) : null;
    const ink = shares ? shares[1] : 0;
    this.node.classList.toggle("idle", !shares);
    this.paper.style.width = `${100 * (1 - ink)}%`;
    setText(this.paperText, `paper ${shares ? shares[0].toFixed(2) : "–"}`);
    setText(this.inkText, `ink ${shares ? shares[1].toFixed(2) : "–"}`);
    const chosen = shares && phase !== 1;
    const level = now ? film.level(image, now.position) : null;
    this.paperText.classList.toggle("chosen", Boolean(chosen) && level === 0);
    this.inkText.classList.toggle("chosen", Boolean(chosen) && level === 1);
    const number = chosen ? film.uniform(image, now.position) : null;
    this.tick.hidden = number === null;
    this.numberText.hidden = film.uniform(image, 0) === null;
    if (number === null) setText(this.numberText, "random number –");
    else {
      this.tick.style.left = `${100 * number}%`;
      setText(this.numberText, `random number ${number.toFixed(2)} → ${film.levelName(level)}`);
    }
  }
}

/** Many levels: a bar for each, and the cumulative curve that the random number meets. */
class Histogram {
  constructor() {
    this.canvas = element("canvas", { "aria-hidden": "true" });
    this.low = element("span", { text: "0" });
    this.middle = element("span");
    this.high = element("span");
    const axis = element("div", { class: "numbers" }, this.low, this.middle, this.high);
    this.node = element("div", { class: "histogram", "aria-hidden": "true" }, this.canvas, axis);
  }

  layout(cssWidth) {
    sizeCanvas(this.canvas, Math.max(80, cssWidth), 110);
  }

  draw(film, image, step, colors, phase) {
    const pen = this.canvas.getContext("2d");
    const { width, height } = this.canvas;
    const scale = devicePixelRatio || 1;
    pen.clearRect(0, 0, width, height);
    setText(this.high, String(film.levels - 1));
    const now = film.current(step);
    const asked = now && !film.isKnown(image, now.position) && phase !== 0;
    const shares = asked ? film.distribution(image, now.position) : null;
    pen.fillStyle = colors.text;
    pen.fillRect(0, height - scale, width, scale);
    if (!shares) {
      setText(this.middle, "");
      return;
    }
    const chosen = phase === 1 ? null : film.level(image, now.position);
    const number = chosen === null ? null : film.uniform(image, now.position);
    setText(this.middle, number === null ? "" : `random number ${number.toFixed(2)} → ${chosen}`);
    this.drawBars(pen, shares, chosen, colors, scale);
    if (number !== null) this.drawNumber(pen, number, (chosen + 0.5) / shares.length, colors, scale);
    this.drawSum(pen, shares, colors, scale);
  }

  drawBars(pen, shares, chosen, colors, scale) {
    const { width, height } = this.canvas;
    const top = Math.max(...shares, 0.01);
    const each = width / shares.length;
    const gap = each > 4 * scale ? scale : 0;
    shares.forEach((share, level) => {
      const isChosen = level === chosen;
      const tall = Math.max(isChosen ? 3 * scale : 0, (share / top) * (height - 8 * scale));
      const wide = isChosen ? Math.max(each - gap, 3 * scale) : each - gap;
      pen.fillStyle = isChosen ? colors.role("target") : colors.text;
      pen.globalAlpha = isChosen ? 1 : 0.4;
      pen.fillRect(level * each, height - tall, wide, tall);
    });
    pen.globalAlpha = 1;
  }

  /** The cumulative curve, from 0 at the bottom to 1 at the top. */
  drawSum(pen, shares, colors, scale) {
    const { width, height } = this.canvas;
    const all = shares.reduce((sum, share) => sum + share, 0) || 1;
    const room = height - 4 * scale;
    pen.strokeStyle = colors.role("seen");
    pen.lineWidth = 2 * scale;
    pen.beginPath();
    pen.moveTo(0, height - scale);
    let sum = 0;
    shares.forEach((share, level) => {
      sum += share / all;
      const y = height - scale - sum * room;
      pen.lineTo((level * width) / shares.length, y);
      pen.lineTo(((level + 1) * width) / shares.length, y);
    });
    pen.stroke();
  }

  drawNumber(pen, number, across, colors, scale) {
    const { width, height } = this.canvas;
    const y = height - scale - number * (height - 4 * scale);
    pen.strokeStyle = colors.role("target");
    pen.lineWidth = 2 * scale;
    pen.setLineDash([5 * scale, 3 * scale]);
    pen.beginPath();
    pen.moveTo(0, y);
    pen.lineTo(across * width, y);
    pen.lineTo(across * width, height);
    pen.stroke();
    pen.setLineDash([]);
  }
}

/** Another value for the current pixel: the button that asks Python for a branch. */
class OtherValue {
  constructor(onTry) {
    this.slider = element("input", { type: "range", min: 0, "aria-label": "Another level" });
    this.slider.addEventListener("input", () => this.show());
    this.button = element("button", { type: "button", class: "try" });
    this.button.addEventListener("click", () => onTry(Number(this.slider.value)));
    this.node = element("div", { class: "other" }, this.slider, this.button);
  }

  update(film) {
    this.film = film;
    this.at = null;
    this.node.hidden = !film.branching;
    this.slider.max = film.levels - 1;
    this.slider.hidden = film.levels === 2;
  }

  draw(image, step, playing) {
    if (this.node.hidden) return;
    const now = this.film.current(step);
    this.possible = Boolean(now) && !this.film.isKnown(image, now.position);
    this.now = now;
    this.playing = playing;
    const at = `${image} ${step}`;
    if (!playing && this.possible && at !== this.at) {
      this.at = at;
      this.drawn = this.film.level(image, now.position);
      this.slider.value = likeliestOther(this.film, image, now.position, this.drawn);
    }
    this.show();
  }

  show() {
    const level = Number(this.slider.value);
    this.slider.disabled = this.playing || !this.possible;
    this.button.disabled = !this.playing && (!this.possible || level === this.drawn);
    if (this.playing) setText(this.button, "Stop here and choose");
    else if (!this.possible) {
      setText(this.button, this.film.givenCounts && this.now ? "Same as in the parent" : "Not chosen by the model");
    }
    else if (level === this.drawn) setText(this.button, `Level ${level} was drawn`);
    else setText(this.button, `What if it were ${this.film.levelName(level)}?`);
  }
}

function likeliestOther(film, image, position, drawn) {
  if (film.levels === 2) return 1 - drawn;
  const shares = film.distribution(image, position);
  if (!shares) return drawn === 0 ? film.levels - 1 : 0;
  let best = drawn === 0 ? 1 : 0;
  shares.forEach((share, level) => {
    if (level !== drawn && share > shares[best]) best = level;
  });
  return best;
}

const PHASES = 3; // the network answers, the answer is tempered, a number is drawn
const PHASE_BY_HAND_MS = 220;

/** The sampling loop: a formula and a line of code for each phase, highlighted in turn. */
class Loop {
  constructor() {
    this.node = element("ol", { class: "loop" });
    this.lines = [];
  }

  update(lines) {
    this.node.hidden = !lines?.length;
    this.lines = (lines ?? []).map(([formula, code]) =>
      element("li", {}, element("span", { class: "formula", text: formula }), element("code", { text: code })),
    );
    this.node.replaceChildren(...this.lines);
  }

  /** The current phase, or null for none. */
  light(phase) {
    clearTimeout(this.timer);
    this.lines.forEach((line, index) => line.classList.toggle("lit", index === phase));
  }

  /** After a manual step: one phase after the other, then none. */
  run(phase = 0) {
    if (this.node.hidden) return;
    this.light(phase < PHASES ? phase : null);
    if (phase < PHASES) this.timer = setTimeout(() => this.run(phase + 1), PHASE_BY_HAND_MS);
  }
}
