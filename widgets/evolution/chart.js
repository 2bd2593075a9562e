// The evolution's learning curves, with a mark at the current moment.

const CHART_HEIGHT = 210; // CSS pixels
const CHART_EDGE = { left: 54, right: 8, top: 10, bottom: 40 };
const LABEL_HEIGHT = 17;

class CurveChart {
  /** `seek(index)` gets the moment nearest to the pointer. */
  constructor(parent, seek) {
    this.legend = element("ul", { class: "curve-names" });
    this.svg = shape("svg", { class: "curves", role: "img" });
    this.node = element("div", { class: "chart" }, this.legend, this.svg);
    parent.append(this.node);
    const point = (event) => {
      if (!this.places?.length) return;
      const x = event.clientX - this.svg.getBoundingClientRect().left;
      const gaps = this.places.map((place) => Math.abs(this.x(place) - x));
      seek(gaps.indexOf(Math.min(...gaps)));
    };
    this.svg.addEventListener("pointerdown", (event) => {
      capture(this.svg, event);
      point(event);
    });
    this.svg.addEventListener("pointermove", (event) => event.buttons && point(event));
  }

  update(chart, places) {
    this.chart = chart;
    this.places = places;
    this.node.hidden = !chart;
  }

  x(place) {
    return CHART_EDGE.left + clamp(place / this.chart.end, 0, 1) * this.wide;
  }

  y(bits) {
    const { floor, ceiling } = this.chart;
    const share = Math.log(clamp(bits, floor, ceiling) / floor) / Math.log(ceiling / floor);
    return CHART_EDGE.top + (1 - share) * this.high;
  }

  layout(width) {
    if (!this.chart) return;
    this.wide = width - CHART_EDGE.left - CHART_EDGE.right;
    this.high = CHART_HEIGHT - CHART_EDGE.top - CHART_EDGE.bottom;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${CHART_HEIGHT}`);
    const [lines, notes] = this.references();
    this.svg.replaceChildren(...this.axes(), ...lines, ...this.curves(), ...notes);
    this.mark = shape("line", { class: "now", y1: CHART_EDGE.top, y2: CHART_EDGE.top + this.high });
    this.dots = this.chart.curves.map((curve) => shape("circle", { class: "dot", r: 5, "data-style": curve.style }));
    this.svg.append(this.mark, ...this.dots);
    this.values = this.chart.curves.map(() => element("b", {}));
    this.legend.replaceChildren(
      ...this.chart.curves.map((curve, index) =>
        element("li", { "data-style": curve.style }, element("i", {}), `${curve.name} `, this.values[index]),
      ),
    );
  }

  axes() {
    const { chart, wide, high } = this;
    const bottom = CHART_EDGE.top + high;
    const right = CHART_EDGE.left + wide;
    const nodes = [];
    let above = Infinity;
    for (const [bits, text] of chart.ticks) {
      const y = this.y(bits);
      if (above - y < LABEL_HEIGHT) continue;
      above = y;
      nodes.push(shape("line", { class: "grid", x1: CHART_EDGE.left, x2: right, y1: y, y2: y }));
      nodes.push(words(text, CHART_EDGE.left - 6, y + 4, "end"));
    }
    const step = roundStep(chart.end / Math.max(2, wide / 90));
    for (let place = 0; place <= chart.end; place += step) {
      nodes.push(words(Number(place.toPrecision(6)).toLocaleString("en"), this.x(place), bottom + 17, "middle"));
    }
    nodes.push(words(chart.endTitle, CHART_EDGE.left + wide / 2, bottom + 35, "middle"));
    const middle = CHART_EDGE.top + high / 2;
    const title = words(chart.title, 14, middle, "middle");
    title.setAttribute("transform", `rotate(-90 14 ${middle})`);
    return [...nodes, title];
  }

  references() {
    const right = CHART_EDGE.left + this.wide;
    const sorted = [...this.chart.references].sort((one, other) => other.bits - one.bits);
    let above = -Infinity;
    const [lines, notes] = [[], []];
    for (const { bits, text } of sorted) {
      const y = this.y(bits);
      const label = y - above < LABEL_HEIGHT + 4 || y < CHART_EDGE.top + LABEL_HEIGHT ? y + LABEL_HEIGHT - 3 : y - 5;
      above = label;
      lines.push(shape("line", { class: "reference", x1: CHART_EDGE.left, x2: right, y1: y, y2: y }));
      // Curves fall from the upper left to the lower right: the other corners are free.
      const low = y > CHART_EDGE.top + this.high / 2;
      notes.push(low ? words(text, CHART_EDGE.left + 6, label, "start") : words(text, right - 2, label, "end"));
      notes.at(-1).classList.add("note");
    }
    return [lines, notes];
  }

  curves() {
    return this.chart.curves.flatMap((curve) => {
      const places = curve.points.map(([place, bits]) => [this.x(place), this.y(bits)]);
      const line = shape("polyline", { class: "curve", "data-style": curve.style, points: places.join(" ") });
      if (!curve.style.endsWith("held out")) return [line];
      const points = places.map(([x, y]) => shape("circle", { class: "point", "data-style": curve.style, cx: x, cy: y, r: 3 }));
      return [line, ...points];
    });
  }

  /** Move the mark, and describe the values there as text. */
  show(at) {
    if (!this.mark) return;
    const place = this.places[at];
    const x = place === undefined ? -10 : this.x(place);
    this.mark.setAttribute("x1", x);
    this.mark.setAttribute("x2", x);
    const told = [];
    this.chart.curves.forEach((curve, index) => {
      const point = place === undefined ? undefined : curve.points.findLast(([when]) => when <= place + 1e-6);
      this.dots[index].setAttribute("visibility", point ? "visible" : "hidden");
      if (point) {
        this.dots[index].setAttribute("cx", x);
        this.dots[index].setAttribute("cy", this.y(point[1]));
        told.push(`${curve.name} ${this.inUnit(point[1])}`);
      }
      setText(this.values[index], point ? this.inUnit(point[1]) : "");
    });
    const lines = this.chart.references.map(({ bits, text }) => `${text} ${this.inUnit(bits)}`);
    this.svg.setAttribute("aria-label", `Learning curve in ${this.chart.title}: ${[...told, ...lines].join(", ")}.`);
  }

  inUnit(bits) {
    const { unit, natsPerBit } = this.chart;
    if (unit === "nats") return (bits * natsPerBit).toFixed(1);
    return (unit === "perplexity" ? 2 ** bits : bits).toFixed(3);
  }
}

function shape(tag, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function words(text, x, y, anchor) {
  const node = shape("text", { x, y, "text-anchor": anchor });
  node.textContent = text;
  return node;
}

/** The next of 1, 2, 5, 10, 20, ... */
function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find((digit) => digit * power >= least);
}
