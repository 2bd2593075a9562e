// The bars: rows of name, bar and percentage. CSS moves a bar to its new length.

class Bars {
  constructor(root) {
    this.root = root;
    this.list = element("ul", { class: "bars" });
    root.append(this.list);
    this.rows = [];
  }

  update({ names, label }, { shares }) {
    this.list.setAttribute("aria-label", label);
    if (this.rows.length !== names.length) this.build(names.length);
    const largest = Math.max(...shares);
    this.rows.forEach(({ row, name, bar, percent }, index) => {
      const share = shares[index];
      setText(name, names[index]);
      setText(percent, percentage(share));
      bar.style.width = `${100 * share}%`;
      row.classList.toggle("strong", share === largest && shares.filter((one) => one === largest).length === 1);
    });
  }

  build(count) {
    this.rows = Array.from({ length: count }, () => {
      const [name, bar, percent] = ["name", "bar", "percent"].map((kind) => element("span", { class: kind }));
      const track = element("span", { class: "track", "aria-hidden": "true" }, bar);
      return { row: element("li", {}, name, track, percent), name, bar, percent };
    });
    this.list.replaceChildren(...this.rows.map(({ row }) => row));
  }

  layout() {}
}

/** 0 % and 100 % only where that is all but exact. */
function percentage(share) {
  const percent = 100 * share;
  if (percent > 0 && percent < 1) return "< 1 %";
  if (percent > 99 && percent < 100) return "> 99 %";
  return `${Math.round(percent)} %`;
}

export default function (component) {
  return mount(component, (root) => new Bars(root));
}
