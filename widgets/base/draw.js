// Shared by every widget: colours of the theme, marks, crisp canvases.

function isDark(root) {
  const [r, g, b] = rgb(cssVariable(root, "--st-background-color"));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 128;
}

function cssVariable(root, name) {
  return getComputedStyle(root).getPropertyValue(name).trim();
}

/** The factor of line widths and type sizes: above 1 in projector mode. */
const lineScale = () => (document.documentElement.dataset.projector ? 1.8 : 1);
const typeScale = () => (document.documentElement.dataset.projector ? 1.3 : 1);

/** [r, g, b] of any CSS colour. */
function rgb(color) {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i.exec(color);
  if (hex) return hex.slice(1, 4).map((part) => parseInt(part, 16));
  return (color.match(/[\d.]+/g) ?? [255, 255, 255]).slice(0, 3).map(Number);
}

/** The colours to draw with, in the current theme. */
function palette(root) {
  const surfaces = THEME.surfaces[root.dataset.mode];
  return {
    ...surfaces,
    hatchBack: surfaces["hatch-back"],
    hatchLine: surfaces["hatch-line"],
    text: cssVariable(root, "--st-text-color"),
    background: cssVariable(root, "--st-background-color"),
    role: (name) => THEME.roles[name].color,
  };
}

/** [r, g, b] for each level: paper for 0, ink for the highest, in every theme. */
function inkLevels(colors, levels) {
  const [paper, ink] = [rgb(colors.paper), rgb(colors.ink)];
  const mix = (start, i, level) => Math.round(start + ((ink[i] - start) * level) / (levels - 1));
  return Array.from({ length: levels }, (_, level) => paper.map((start, i) => mix(start, i, level)));
}

/** Give a canvas a size in CSS pixels; its bitmap has one pixel per device pixel. */
function sizeCanvas(canvas, cssWidth, cssHeight) {
  const scale = devicePixelRatio || 1;
  const [width, height] = [Math.round(cssWidth * scale), Math.round(cssHeight * scale)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  canvas.style.width = `${width / scale}px`;
  canvas.style.height = `${height / scale}px`;
}

/** The largest cell, in device pixels, with which `cells` of them fit into `cssSpace`. */
function cellSize(cssSpace, cells) {
  return Math.max(1, Math.floor((cssSpace * (devicePixelRatio || 1)) / cells));
}

function offscreen(width, height) {
  return Object.assign(document.createElement("canvas"), { width, height });
}

/** A seamless diagonal hatch: unknown, or not drawn yet. */
function hatchPattern(context, colors, period) {
  const size = Math.max(4, Math.round(period));
  const tile = offscreen(size, size);
  const pen = tile.getContext("2d");
  pen.fillStyle = colors.hatchBack;
  pen.fillRect(0, 0, size, size);
  strokeDiagonals(pen, size, colors.hatchLine, Math.max(1, size / 4));
  return context.createPattern(tile, "repeat");
}

function strokeDiagonals(pen, size, color, lineWidth) {
  pen.strokeStyle = color;
  pen.lineWidth = lineWidth;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift - size, 2 * size);
    pen.lineTo(shift + 2 * size, -size);
  }
  pen.stroke();
}

/** One cell of a role (or of a plain surface such as "paper"), colour and mark, as a small picture of `size` device pixels. */
function roleTile(name, size, colors) {
  const tile = offscreen(size, size);
  const pen = tile.getContext("2d");
  const { color, mark } = THEME.roles[name] ?? { color: colors[name], mark: "plain" };
  pen.fillStyle = mark === "outline" ? colors.paper : mark === "unknown" ? colors.hatchBack : color;
  pen.fillRect(0, 0, size, size);
  const thin = Math.max(1, Math.round(size / 10));
  if (mark === "outline") outline(pen, 0, 0, size, color, Math.max(2, Math.round(size / 6)));
  if (mark === "dots") dot(pen, size, colors.mark);
  if (mark === "hatch") strokeDiagonals(pen, size, colors.mark, thin);
  if (mark === "unknown") strokeDiagonals(pen, size, colors.hatchLine, Math.max(1, size / 5));
  if (mark === "cross") cross(pen, size, colors.mark, thin * 1.5);
  return tile;
}

function dot(pen, size, color) {
  pen.fillStyle = color;
  pen.beginPath();
  pen.arc(size / 2, size / 2, Math.max(0.8, size / 8), 0, 2 * Math.PI);
  pen.fill();
}

function cross(pen, size, color, lineWidth) {
  const [near, far] = [size * 0.2, size * 0.8];
  pen.strokeStyle = color;
  pen.lineWidth = lineWidth;
  pen.beginPath();
  pen.moveTo(near, near);
  pen.lineTo(far, far);
  pen.moveTo(far, near);
  pen.lineTo(near, far);
  pen.stroke();
}

/** A square outline inside the box. */
function outline(pen, x, y, size, color, thickness) {
  const lineWidth = Math.min(thickness * lineScale(), size / 3);
  pen.strokeStyle = color;
  pen.lineWidth = lineWidth;
  pen.strokeRect(x + lineWidth / 2, y + lineWidth / 2, size - lineWidth, size - lineWidth);
}

/** The target's outline around a box, with a thin dark rim, visible on every colour. */
function targetOutline(pen, x, y, width, height, colors, thickness, scale) {
  frame(pen, x, y, width, height, colors.mark, thickness + scale);
  frame(pen, x, y, width, height, colors.role("target"), thickness);
}

/** A line around a box, outside it. */
function frame(pen, x, y, width, height, color, thickness) {
  const lineWidth = thickness * lineScale();
  pen.strokeStyle = color;
  pen.lineWidth = lineWidth;
  pen.strokeRect(x - lineWidth / 2, y - lineWidth / 2, width + lineWidth, height + lineWidth);
}

/** A line along the inside of the canvas: paper on a white page needs an edge. */
function outlineCanvas(pen, color, lineWidth) {
  const { width, height } = pen.canvas;
  frame(pen, lineWidth, lineWidth, width - 2 * lineWidth, height - 2 * lineWidth, color, lineWidth);
}

/** Thin lines between cells, if the cells are large enough. */
function gridLines(pen, x, y, rows, columns, cell, color) {
  if (cell < 7) return;
  pen.fillStyle = color;
  const thin = Math.round(lineScale());
  for (let row = 1; row < rows; row++) pen.fillRect(x, y + row * cell, columns * cell, thin);
  for (let column = 1; column < columns; column++) pen.fillRect(x + column * cell, y, thin, rows * cell);
}

/** The edges, in cells, that separate cells inside a set from cells outside it. */
function borderEdges(inside, rows, columns) {
  const edges = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (!inside(row, column)) continue;
      if (row + 1 < rows && !inside(row + 1, column)) edges.push([column, row + 1, column + 1, row + 1]);
      if (row > 0 && !inside(row - 1, column)) edges.push([column, row, column + 1, row]);
      if (column + 1 < columns && !inside(row, column + 1)) edges.push([column + 1, row, column + 1, row + 1]);
      if (column > 0 && !inside(row, column - 1)) edges.push([column, row, column, row + 1]);
    }
  }
  return edges;
}

function strokeEdges(pen, edges, x, y, cell, color, lineWidth) {
  pen.strokeStyle = color;
  pen.lineWidth = lineWidth * lineScale();
  pen.lineCap = "square";
  pen.beginPath();
  for (const [x0, y0, x1, y1] of edges) {
    pen.moveTo(x + x0 * cell, y + y0 * cell);
    pen.lineTo(x + x1 * cell, y + y1 * cell);
  }
  pen.stroke();
}

/** Swatches with labels; each entry is [role, label]. */
class Legend {
  constructor(parent, entries) {
    this.swatches = entries.map(([role]) => ({ role, canvas: element("canvas", { "aria-hidden": "true" }) }));
    const items = entries.map(([, label], index) =>
      element("li", {}, this.swatches[index].canvas, element("span", { text: label })),
    );
    this.list = element("ul", { class: "legend" }, ...items);
    parent.append(this.list);
  }

  draw(colors) {
    for (const { role, canvas } of this.swatches) {
      sizeCanvas(canvas, 18 * typeScale(), 18 * typeScale());
      canvas.getContext("2d").drawImage(roleTile(role, canvas.width, colors), 0, 0);
    }
  }
}
