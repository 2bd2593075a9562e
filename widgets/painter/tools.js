// The painter's tools: pen modes, brush width, and actions on the whole drawing.

const TOOLS = {
  pen: { label: "Pen", key: "p" },
  eraser: { label: "Eraser", key: "e" },
  unknown: { label: "Unknown", key: "u" },
};
const ACTIONS = {
  undo: { label: "Undo", key: "z", title: "Undo" },
  redo: { label: "Redo", key: "y", title: "Redo" },
  mirror: { label: "Mirror", key: "m", title: "Mirror left and right" },
  clear: { label: "Clear", key: "r", title: "Clear: make everything unknown" },
};

class Toolbox {
  /** `does` has `use(tool)` and one function for each action. */
  constructor(does) {
    this.does = does;
    this.tools = labelledButtons(TOOLS, (tool) => does.use(tool));
    this.actions = labelledButtons(ACTIONS, (action) => does[action]());
    const tools = element("div", { class: "tools", role: "group", "aria-label": "Tool" }, ...Object.values(this.tools));
    const actions = element("div", { class: "actions" }, ...Object.values(this.actions));
    this.node = element("div", { class: "toolbox" }, tools, this.buildBrush(), actions);
  }

  buildBrush() {
    this.brush = element("input", { type: "range", min: 1, max: 5, value: 2, "aria-label": "Brush size in cells" });
    const text = element("span", { class: "number", text: "2" });
    this.brush.addEventListener("input", () => setText(text, this.brush.value));
    return element("label", { class: "row" }, element("span", { text: "Brush" }), this.brush, text);
  }

  /** The width of the brush in cells. */
  get size() {
    return Number(this.brush.value);
  }

  press(tool) {
    for (const [name, node] of Object.entries(this.tools)) node.setAttribute("aria-pressed", name === tool);
  }

  allow(undo, redo) {
    this.actions.undo.disabled = !undo;
    this.actions.redo.disabled = !redo;
  }

  onKey(key) {
    const hasKey = ([, { key: own }]) => own === key;
    const tool = Object.entries(TOOLS).find(hasKey);
    const action = Object.entries(ACTIONS).find(hasKey);
    if (tool) this.does.use(tool[0]);
    if (action) this.does[action[0]]();
    return Boolean(tool || action);
  }
}

function labelledButtons(described, onPress) {
  const entries = Object.entries(described).map(([name, { label, key, title = label }]) => {
    const hint = `${title} (${key.toUpperCase()})`;
    return [name, element("button", { type: "button", title: hint, text: label, onclick: () => onPress(name) })];
  });
  return Object.fromEntries(entries);
}
