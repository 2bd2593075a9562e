// Shared by every widget: mounting, unpacking, building the document, keys, spoken text.
// A widget draws at any time from its first content on, also while it is hidden or about to go.

const instances = new WeakMap(); // one entry for each mounted widget, keyed by its parent element
const remembered = new Map(); // what the viewer last did, by the widget's key: it outlives a page

const UNSEEN_WIDTH = 640; // CSS pixels

/**
 * Mount a widget or bring it up to date. `create(root, signal)` makes an object with
 * `update(meta, arrays, digest)` for new content, `layout()` for a new size or theme, and `stop()`
 * if it has something running; `signal` aborts when the widget goes. The widget gets
 * `report(name, value)`. Its last report comes back as `meta.before`, once, when it is mounted
 * again: Python has forgotten it by then, so a widget that uses it reports it again. Before its first
 * content, a widget gets no input.
 */
function mount({ data, parentElement, setStateValue, setTriggerValue }, create) {
  const entry = instances.get(parentElement) ?? start(parentElement, create);
  const call = ++entry.calls;
  entry.widget.report = (name, value) => {
    if (entry.key !== undefined) remembered.set(entry.key, value);
    if (!entry.ended) setStateValue(name, value);
  };
  // For what must come once and is not kept.
  entry.widget.trigger = (name, value) => entry.ended || setTriggerValue(name, value);
  entry.root.dataset.mode = isDark(entry.root) ? "dark" : "light";
  const header = readHeader(data);
  const colors = ["background", "text"].map((name) => cssVariable(entry.root, `--st-${name}-color`));
  const look = [...colors, devicePixelRatio].join();
  if (header.digest === entry.digest) {
    if (look !== entry.look) entry.widget.layout(); // most reruns change nothing here
  } else {
    unpack(data, header).then((arrays) => {
      if (call !== entry.calls || entry.ended) return; // newer content is on its way
      const before = entry.digest === null ? remembered.get(header.meta.key) : undefined;
      entry.key = header.meta.key;
      entry.digest = header.digest;
      entry.root.inert = false;
      entry.widget.update({ ...header.meta, before }, arrays, header.digest);
      entry.root.dataset.ready = header.digest;
    });
  }
  entry.look = look;
  return () => {
    if (call === entry.calls) end(parentElement, entry);
  };
}

function start(parentElement, create) {
  const root = element("div", { class: "lab", inert: "" });
  parentElement.append(root);
  root.getRootNode().host.dataset.widget = WIDGET; // the list of keys looks for it
  const controller = new AbortController();
  const entry = { root, controller, calls: 0, digest: null, ended: false };
  entry.widget = create(root, controller.signal);
  entry.observer = new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width === entry.width) return; // a caption that wraps changes only the height
    entry.width = contentRect.width;
    if (entry.digest) entry.widget.layout();
  });
  entry.observer.observe(root);
  const relook = () => entry.digest && entry.widget.layout();
  const projector = new MutationObserver(relook);
  projector.observe(document.documentElement, { attributeFilter: ["data-projector"] });
  controller.signal.addEventListener("abort", () => projector.disconnect());
  instances.set(parentElement, entry);
  return entry;
}

function end(parentElement, entry) {
  entry.ended = true; // what it reports from now on is only remembered, for the next mount
  entry.widget.stop?.();
  entry.controller.abort();
  entry.observer.disconnect();
  entry.root.remove();
  instances.delete(parentElement);
}

/**
 * The width of a node to lay out for. In a closed box, or on its way out, a widget has none: it is
 * laid out all the same, so that whatever it draws into exists, and again once it is seen.
 */
function roomIn(node) {
  return node.clientWidth || UNSEEN_WIDTH;
}

// ---------------------------------------------------------------- the payload (see payload.py)

function readHeader(data) {
  const length = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length)));
  return { ...header, bodyStart: 4 + length };
}

const inflated = new Map(); // the last few bodies: a content that returns need not be inflated again
const KEPT_BODIES = 12;

/** Small bodies are not compressed: each step of a stream would wait for the page to be drawn. */
async function bodyOf(data, { bodyStart, plain, content }) {
  if (plain) return data.slice(bodyStart).buffer;
  const known = inflated.get(content);
  inflated.delete(content); // what was used last stands at the end
  const body = known ?? (await inflate(data.subarray(bodyStart)));
  inflated.set(content, body);
  if (inflated.size > KEPT_BODIES) inflated.delete(inflated.keys().next().value);
  return body;
}

function inflate(packed) {
  const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(plain).arrayBuffer();
}

async function unpack(data, header) {
  const body = await bodyOf(data, header);
  const types = { uint8: Uint8Array, uint16: Uint16Array, int32: Int32Array, float32: Float32Array };
  const arrays = {};
  for (const { name, dtype, shape, offset, bytes } of header.arrays) {
    const size = shape.reduce((product, side) => product * side, 1);
    arrays[name] =
      dtype === "bits" ? new Bits(new Uint8Array(body, offset, bytes)) : new types[dtype](body, offset, size);
    arrays[name].shape = shape;
  }
  return arrays;
}

/** Unpack booleans, eight to a byte. */
class Bits {
  constructor(bytes) {
    this.bytes = bytes;
  }

  get(index) {
    return (this.bytes[index >> 3] >> (index & 7)) & 1;
  }
}

function toBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

// ---------------------------------------------------------------- the document

/** An element with attributes; `text` is set as text, `onX` as a listener, never as HTML. */
function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** An icon for a button: a path in a 24 x 24 box. */
function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

const ICONS = {
  play: "M7 4v16l13-8z",
  pause: "M6 4h4v16H6zM14 4h4v16h-4z",
  restart: "M5 4h3v16H5zM20 4v16L9 12z",
  back: "M16 4v16L5 12z",
  forward: "M8 4v16l11-8z",
  rowBack: "M12 4v16L2 12zM22 4v16L12 12z",
  rowForward: "M2 4v16l10-8zM12 4v16l10-8z",
};

function button(label, path, onclick) {
  return element("button", { type: "button", "aria-label": label, title: label, onclick }, icon(path));
}

/** Let a button say what it does next: play, in these words, or pause. */
function showPlaying(button, playing, play = "Play") {
  const label = `${playing ? "Pause" : play} (Space)`;
  if (button.title === label) return;
  button.title = label;
  button.setAttribute("aria-label", label);
  button.replaceChildren(icon(playing ? ICONS.pause : ICONS.play));
}

/** Set text only if it changed: the caption of a film updates sixty times per second. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Parts of a sentence, joined by dots, with line breaks only between them. */
function setParts(node, parts) {
  const spans = parts.map((part, index) => (index + 1 < parts.length ? `${part} ·` : part));
  while (node.childElementCount > spans.length) node.lastChild.remove();
  while (node.childElementCount < spans.length) node.append(element("span", { class: "part" }));
  spans.forEach((text, index) => setText(node.children[index], text));
}

/** A line for screen readers: announced once the text has settled. */
class Announcer {
  constructor(root) {
    this.line = element("div", { class: "sr-only", role: "status", "aria-live": "polite" });
    root.append(this.line);
  }

  say(text) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => setText(this.line, text), 250);
  }
}

/**
 * Keys for a widget. `onKey(key)` returns true for a key that it handles. With `pageKeys` the widget
 * also answers Space, R, Left and Right while nothing on the page has the focus, so that Space
 * works without a click; the first widget on the page wins.
 */
function listenToKeys(root, signal, onKey, { pageKeys = false } = {}) {
  const use = (event) => {
    if (root.inert || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (!onKey(event.key.length === 1 ? event.key.toLowerCase() : event.key)) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // "r" would rerun the script
  };
  root.addEventListener("keydown", (event) => {
    const onButton = event.target.closest("button, select, summary");
    if (onButton && (event.key === " " || event.key === "Enter")) return; // this presses the button
    use(event);
  });
  if (!pageKeys) return;
  const { host } = root.getRootNode();
  host.dataset.pageKeys = "yes";
  const keys = new Set([" ", "r", "R", "ArrowLeft", "ArrowRight"]);
  const onPage = (event) => {
    const nothingFocused = document.activeElement === document.body || !document.activeElement;
    if (!nothingFocused || !keys.has(event.key)) return;
    const candidates = [...document.querySelectorAll("[data-page-keys]")];
    if (candidates.find((candidate) => candidate.checkVisibility()) === host) use(event);
  };
  window.addEventListener("keydown", onPage, { capture: true, signal });
}

/** Let a node get all events of a pointer, also outside it; one that has gone cannot be had. */
function capture(node, { pointerId }) {
  try {
    node.setPointerCapture(pointerId);
  } catch {
    // It was lifted or taken by the browser meanwhile: its own events end what it began.
  }
}

const prefersStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
