// The foot of the sidebar: Share, and the list of keys, which `?` opens from anywhere.

class Frame {
  constructor(root, signal) {
    this.keys = new FrameDialog(root, "Keys on this page");
    this.share = new ShareDialog(root, (query) => this.report("share", { query, seen: location.origin + location.pathname }));
    const share = element("button", { type: "button", text: "Share", onclick: () => this.share.show() });
    const keys = element("button", { type: "button", onclick: () => this.showKeys() });
    keys.append("Keys ", element("kbd", { text: "?" }));
    this.all = element("button", { type: "button", text: "Show all options", onclick: showAllOptions });
    root.prepend(element("div", { class: "frame" }, share, keys, this.all));
    window.addEventListener("keydown", (event) => this.onKey(event), { capture: true, signal });
    signal.addEventListener("abort", () => delete document.documentElement.dataset.projector);
  }

  update(meta, arrays) {
    this.meta = meta;
    if (meta.projector) document.documentElement.dataset.projector = "yes";
    else delete document.documentElement.dataset.projector;
    const query = new URLSearchParams(location.search);
    this.all.hidden = !query.has("lesson") && !query.has("only");
    if (meta.shared) this.share.update(meta.shared, arrays.code);
  }

  layout() {} // CSS does it

  onKey(event) {
    if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.composedPath()[0];
    if (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)) return;
    if (target.tagName === "INPUT" && !/^(range|checkbox|radio|button)$/.test(target.type)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (this.keys.node.open) this.keys.node.close();
    else this.showKeys();
  }

  showKeys() {
    if (!this.meta) return;
    const mounted = [...document.querySelectorAll("[data-widget]")].filter((host) => host.checkVisibility());
    const names = new Set(mounted.map((host) => host.dataset.widget));
    const widgets = Object.entries(this.meta.widgets).filter(([name]) => names.has(name));
    this.keys.body.replaceChildren(
      ...keyTable("This page", buttonKeys()),
      ...widgets.flatMap(([, [title, keys]]) => keyTable(title, keys)),
      ...keyTable("Everywhere", this.meta.everywhere),
    );
    this.keys.open();
  }
}

/** The keys shown on the app's own buttons. */
function buttonKeys() {
  return [...document.querySelectorAll("button:has(kbd)")].map((node) => {
    const words = node.querySelector('[data-testid="stMarkdownContainer"]')?.textContent ?? node.ariaLabel;
    return [node.querySelector("kbd").textContent, words];
  });
}

function showAllOptions() {
  const url = writeAddress();
  for (const name of ["lesson", "only"]) url.searchParams.delete(name);
  openInApp(url.href);
}

export default function (component) {
  return mount(component, (root, signal) => new Frame(root, signal));
}
