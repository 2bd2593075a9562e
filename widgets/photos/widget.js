// Photographs, made smaller here before they are sent: a phone's would not fit the limit.

const BATCH_BYTES = 1_500_000;
const QUALITY = 0.88;
const MOST_AS_IT_IS = 8_000_000; // bytes of a file that this browser cannot read: HEIC, mostly
// HEIC is not named: a phone that is not asked for it sends JPEG in its place.
const TYPES = "image/jpeg,image/png,image/webp,image/gif,image/bmp,image/avif";

class Photos {
  constructor(root, signal) {
    this.input = element("input", { type: "file", accept: TYPES, class: "photos-input" });
    this.input.multiple = true;
    this.label = element("span", { class: "photos-label" });
    this.said = element("p", { class: "photos-said", role: "status" });
    root.append(element("label", { class: "photos" }, this.label, this.input), this.said);
    this.input.addEventListener("change", () => this.choose(), { signal });
  }

  update({ label, side, choice, taken }) {
    setText(this.label, label);
    this.side = side;
    if (choice === this.choice && taken > this.sent) {
      this.sent = taken;
      this.sendNext();
    }
  }

  layout() {} // CSS does it

  choose() {
    this.files = [...this.input.files];
    if (!this.files.length) return;
    this.choice = `${Date.now()}-${Math.random().toString(36).slice(2, 8)}`;
    this.sent = 0;
    this.next = 0;
    this.unread = 0;
    this.sendNext();
  }

  /** Shrink and send a few more; the server says when they have come. */
  async sendNext() {
    const { choice, sent } = this;
    if (this.next >= this.files.length) return;
    const files = [];
    let bytes = 0;
    while (this.next < this.files.length && bytes < BATCH_BYTES) {
      const file = this.files[this.next++];
      const content = await shrunk(file, this.side);
      if (choice !== this.choice) return; // others were chosen meanwhile
      if (content === null) {
        this.unread += 1;
        continue;
      }
      bytes += content.length;
      files.push({ name: file.name, data: toBase64(content) });
      this.say();
    }
    const last = this.next >= this.files.length;
    this.trigger("batch", { choice, batch: sent, files, last });
    this.say(last);
  }

  say(last = false) {
    const unread = this.unread ? `, ${this.unread} too large and not readable here` : "";
    const words = last ? "photos sent" : `of ${this.files.length} photos made smaller`;
    setText(this.said, `${this.next - (last ? this.unread : 0)} ${words}${unread}`);
  }
}

/** The file's picture, upright and small; as it is if this browser cannot read it; null if it is
 *  too large for that. */
async function shrunk(file, side) {
  let bitmap = null;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file.size > MOST_AS_IT_IS ? null : new Uint8Array(await file.arrayBuffer());
  }
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  // JPEG knows no transparency: what is clear would become black.
  const type = file.type === "image/jpeg" ? "image/jpeg" : "image/png";
  const blob = await new Promise((done) => canvas.toBlob(done, type, QUALITY));
  return blob === null ? null : new Uint8Array(await blob.arrayBuffer());
}

export default function (component) {
  return mount(component, (root, signal) => new Photos(root, signal));
}
