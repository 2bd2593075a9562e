// A real link to a page of the app: it can be copied or opened in a new tab.

class ShowLink {
  constructor(root, signal) {
    this.label = element("span");
    this.link = element("a", { class: "showlink" }, this.label);
    root.append(this.link);
    this.link.addEventListener("click", (event) => this.follow(event), { signal });
  }

  update({ path, query, label }) {
    const url = new URL(`./${path}`, document.baseURI);
    url.search = new URLSearchParams(query);
    this.link.href = url.href;
    setText(this.label, label);
  }

  layout() {} // CSS does it

  /** A plain click keeps the session: the app follows the address, as with the Back button. */
  follow(event) {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    openInApp(this.link.href);
    document.querySelector('[data-testid="stMain"]')?.scrollTo({ top: 0 });
  }
}

export default function (component) {
  return mount(component, (root, signal) => new ShowLink(root, signal));
}
