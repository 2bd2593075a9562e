// The drawing in the page's address, so that a copied address brings it back (see `link_text`).

/** Keep the drawing in a query parameter; one of many levels would be too long and is left out. */
function writeDrawing(name, layers) {
  const address = new URL(location.href);
  if (layers.levels === 2) address.searchParams.set(name, linkText(layers));
  else address.searchParams.delete(name);
  // Not a step of the history: Back is to leave the page, not to undo stroke after stroke.
  if (address.href !== location.href) history.replaceState(history.state, "", address.href);
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
