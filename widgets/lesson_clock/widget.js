// A clock for a lesson. It keeps running while another page is open.

const MINUTE = 60_000;
const clock = { before: 0, since: null, stop: null, stopBegan: 0, ahead: 0 }; // it outlives the page

/** Milliseconds of the lesson so far, without pauses; the wall clock may jump meanwhile. */
const lasted = () => clock.before + (clock.since === null ? 0 : performance.now() - clock.since);

class LessonClock {
  constructor(root, signal) {
    this.toggleButton = button("Start the clock (Space)", ICONS.play, () => this.toggle());
    const restart = button("Clock back to zero (R)", ICONS.restart, () => this.restart());
    this.left = element("span", { class: "left", role: "timer" });
    this.says = element("span", { class: "says" });
    this.plan = element("div", { class: "plan", "aria-hidden": "true" });
    root.append(element("div", { class: "clock" }, this.toggleButton, restart, this.left, this.says, this.plan));
    listenToKeys(root, signal, (key) => this.onKey(key), { pageKeys: true });
    this.timer = setInterval(() => this.draw(), 500);
  }

  update({ minutes, stop }) {
    this.minutes = minutes;
    this.number = stop;
    if (clock.stop !== stop) Object.assign(clock, { stop, stopBegan: lasted() });
    this.plan.replaceChildren(...minutes.map((share) => element("div", { style: `flex: ${Number(share)}` })));
    this.draw();
  }

  layout() {} // CSS does it

  stop() {
    clearInterval(this.timer);
  }

  draw() {
    if (!this.minutes) return;
    const at = this.number - 1;
    const planned = this.planned() - clock.ahead;
    const total = sumOf(this.minutes) - clock.ahead;
    const passed = (lasted() - clock.stopBegan) / MINUTE;
    const left = this.minutes[at] - passed;
    setText(this.left, spoken(left));
    this.left.classList.toggle("late", left < 0);
    const late = Math.round(lasted() / MINUTE - planned - Math.min(passed, this.minutes[at]));
    const pace = late > 1 ? `${late} minutes behind` : late < -1 ? `${-late} minutes ahead` : "on time";
    const began = clock.since !== null || clock.before > 0;
    setText(
      this.says,
      began
        ? `left for stop ${this.number} · ${Math.floor(lasted() / MINUTE)} of ${total} minutes · ${pace}`
        : `for stop ${this.number} of ${this.minutes.length}`,
    );
    [...this.plan.children].forEach((box, index) => {
      const done = index < at ? 1 : index > at ? 0 : clamp(passed / this.minutes[at], 0, 1);
      box.style.setProperty("--done", `${100 * done}%`);
      box.classList.toggle("now", index === at);
    });
    const running = clock.since !== null;
    const label = running ? "Pause the clock (Space)" : "Start the clock (Space)";
    if (this.toggleButton.title !== label) {
      this.toggleButton.replaceChildren(icon(running ? ICONS.pause : ICONS.play));
      this.toggleButton.title = label;
      this.toggleButton.setAttribute("aria-label", label);
    }
  }

  /** Minutes planned for the stops before this one. */
  planned() {
    return sumOf(this.minutes.slice(0, this.number - 1));
  }

  toggle() {
    if (lasted() === 0) Object.assign(clock, { ahead: this.planned() }); // begun in the middle
    if (clock.since === null) clock.since = performance.now();
    else Object.assign(clock, { before: lasted(), since: null });
    this.draw();
  }

  restart() {
    Object.assign(clock, { before: 0, since: null, stopBegan: 0 });
    this.draw();
  }

  onKey(key) {
    if (key === " ") this.toggle();
    else if (key === "r") this.restart();
    else return false;
    return true;
  }
}

const sumOf = (numbers) => numbers.reduce((sum, share) => sum + share, 0);

/** Minutes as 3:05, with a minus sign once they are over. */
function spoken(minutes) {
  const seconds = Math.abs(Math.ceil(minutes * 60));
  const sign = minutes < 0 && seconds ? "−" : "";
  return `${sign}${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export default function (component) {
  return mount(component, (root, signal) => new LessonClock(root, signal));
}
