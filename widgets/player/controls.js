// The player's buttons and sliders: they only call the player.

const SPEEDS = [1, 3, 10, 30, 60, 100, 300, 1000, 3000, Infinity]; // pixels per second
const SLOW = 3; // pixels per second: so slow that each phase of a choice can be seen

const VIEWS = { pixels: "the pixels", entropy: "entropy", surprise: "surprise" };

class Controls {
  /** `player` has toggle, restart, stepBy(pixels or rows), seekByHand, setSpeed and setView. */
  constructor(player) {
    this.playButton = button("Play (Space)", ICONS.play, () => player.toggle());
    this.playButton.classList.add("strong");
    const buttons = element(
      "div",
      { class: "buttons" },
      button("Restart (R)", ICONS.restart, () => player.restart()),
      button("Previous row (Up)", ICONS.rowBack, () => player.stepBy(0, -1)),
      button("Previous pixel (Left)", ICONS.back, () => player.stepBy(-1)),
      this.playButton,
      button("Next pixel (Right)", ICONS.forward, () => player.stepBy(1)),
      button("Next row (Down)", ICONS.rowForward, () => player.stepBy(0, 1)),
    );
    this.scrub = element("input", { type: "range", min: 0, "aria-label": "Pixels drawn" });
    this.scrub.addEventListener("input", () => player.seekByHand(Number(this.scrub.value)));
    this.count = element("span", { class: "count" });
    this.speed = element("input", { type: "range", min: 0, max: SPEEDS.length - 1, "aria-label": "Speed" });
    this.speed.addEventListener("input", () => player.setSpeed(SPEEDS[this.speed.value]));
    this.speedText = element("span", { class: "speed-text" });
    this.view = element("select", { "aria-label": "What the colours show" });
    this.view.addEventListener("change", () => player.setView(this.view.value));
    this.scale = element("span", { class: "scale" });
    this.views = element("div", { class: "views" }, this.view, this.scale);
    this.node = element(
      "div",
      { class: "controls" },
      buttons,
      element("div", { class: "scrub" }, this.scrub, this.count),
      element("div", { class: "speed" }, this.speed, this.speedText),
      this.views,
    );
  }

  update(film) {
    this.scrub.max = film.total;
    this.count.style.minWidth = `${2 * String(film.total).length + 3}ch`;
    const names = ["pixels", ...["entropy", "surprise"].filter((name) => film.canShow(name))];
    this.views.hidden = names.length === 1;
    this.view.replaceChildren(
      ...names.map((name) => element("option", { value: name, text: `Show ${VIEWS[name]}` })),
    );
  }

  showStep(step, total) {
    setText(this.count, `${step} / ${total}`);
    this.scrub.value = step;
  }

  showSpeed(speed) {
    this.speed.value = SPEEDS.indexOf(speed);
    const text = speed === Infinity ? "all at once" : `${speed} pixel${speed === 1 ? "" : "s"}/s`;
    setText(this.speedText, text);
    this.speed.setAttribute("aria-valuetext", text);
  }

  showPlaying(playing) {
    showPlaying(this.playButton, playing);
  }

  showView(view, film) {
    this.view.value = view;
    this.scale.hidden = view === "pixels";
    if (view === "pixels") return;
    const stops = [0, 64, 128, 192, 255].map((index) => `rgb(${film.mapColor(index).join(" ")})`);
    const bar = element("span", { class: "ramp", style: `background: linear-gradient(to right, ${stops})` });
    this.scale.replaceChildren("0", bar, `${Number(film.highest(view).toPrecision(2))} bits`);
  }
}

function nearestSpeed(wanted) {
  return SPEEDS.findLast((speed) => speed <= wanted) ?? SPEEDS[0];
}
