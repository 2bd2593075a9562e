// A path at one moment: the pixels that see the source, and the steps so far.

/** The moments to play: [depth, number of steps done]. */
function pathFrames(steps, firstSeen) {
  if (steps.length) return [[-1, 0], ...steps.map(([, , depth], index) => [depth, index + 1])];
  const last = Math.max(...firstSeen);
  return Array.from({ length: last + 2 }, (_, index) => [index - 1, 0]);
}

/** Paint the pixels that see the source so far, darker the deeper their layer. */
function paintFirstSeen(grid, firstSeen, depth, colors) {
  const last = Math.max(1, ...firstSeen);
  grid.paintCells((pen, row, column, x, y, size) => {
    const when = firstSeen[row * grid.columns + column];
    pen.fillStyle = colors.paper;
    pen.fillRect(x, y, size, size);
    if (when < 0 || when > depth) return;
    pen.fillStyle = colors.ink;
    pen.globalAlpha = 0.2 + (0.4 * when) / last;
    pen.fillRect(x, y, size, size);
    pen.globalAlpha = 1;
  });
}

/**
 * The path from the source, light under dark, so that it is visible on every grey. A jump is
 * dashed: it skips the pixels in between.
 */
function strokeWay(grid, source, steps, colors) {
  const { pen, cell, scale } = grid;
  const points = [source, ...steps].map(([row, column]) => [(column + 0.5) * cell, (row + 0.5) * cell]);
  const trace = (color, width, radius) => {
    Object.assign(pen, { strokeStyle: color, fillStyle: color, lineWidth: width, lineCap: "round" });
    steps.forEach(([, , , , jumps], index) => {
      pen.setLineDash(jumps ? [4 * scale, 8 * scale] : []);
      pen.beginPath();
      pen.moveTo(...points[index]);
      pen.lineTo(...points[index + 1]);
      pen.stroke();
    });
    pen.setLineDash([]);
    for (const [x, y] of points) {
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      pen.fill();
    }
  };
  const dot = Math.max(2.5 * scale, cell / 4);
  trace(colors.paper, 6 * scale, dot + 2 * scale);
  trace(colors.role("seen"), 3 * scale, dot);
}
