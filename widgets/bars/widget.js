// Bars: columns with a name below and a percentage above. CSS animates their height.

class Bars {
  constructor(root) {
    this.list = element("ul", { class: "bars" });
    root.append(this.list);
    this.columns = [];
  }

  update({ names, label }, { shares }) {
    this.list.setAttribute("aria-label", label);
    if (this.columns.length !== names.length) this.build(names.length);
    const largest = Math.max(...shares);
    const leads = shares.filter((share) => share === largest).length === 1;
    this.columns.forEach(({ column, name, bar, percent }, index) => {
      setText(name, names[index]);
      setText(percent, percentage(shares[index]));
      bar.style.height = `${100 * shares[index]}%`;
      column.setAttribute("aria-label", `${names[index]}: ${percentage(shares[index])}`);
      column.classList.toggle("strong", leads && shares[index] === largest);
      column.classList.toggle("slight", shares[index] < 0.01);
    });
  }

  build(count) {
    this.columns = Array.from({ length: count }, () => {
      const [bar, percent, name] = ["bar", "percent", "name"].map((kind) => element("span", { class: kind }));
      const track = element("span", { class: "track" }, bar);
      return { column: element("li", {}, percent, track, name), bar, percent, name };
    });
    this.list.replaceChildren(...this.columns.map(({ column }) => column));
  }

  layout() {} // CSS does it
}

/** 0 % and 100 % only for exact values. */
function percentage(share) {
  const percent = 100 * share;
  if (percent > 0 && percent < 1) return "< 1 %";
  if (percent > 99 && percent < 100) return "> 99 %";
  return `${Math.round(percent)} %`;
}

export default function (component) {
  return mount(component, (root) => new Bars(root));
}
