// The drawing as text for the page's address, so that a copied address restores it (see `link_text`).

/** Keep the drawing in a query parameter; one with many levels would be too long. */
function keepDrawing(name, layers) {
  keepInAddress(name, layers.levels === 2 ? linkText(layers) : null);
}

/** "HxW." and in base64url a bit for each cell (given?), then one for each given cell (ink?). */
function linkText({ height, width, image, known }) {
  const ink = Array.from(image).filter((_, cell) => known[cell]);
  const bits = [...known, ...ink].map(Boolean);
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  bits.forEach((bit, index) => {
    if (bit) bytes[index >> 3] |= 128 >> (index & 7);
  });
  const coded = toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${height}x${width}.${coded}`;
}
