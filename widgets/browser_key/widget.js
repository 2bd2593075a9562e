// Keeps this browser's key in the page's storage, where a frame of another site has no cookie. A
// private window has no storage there either: the name of the frame outlives a reload of it.

const STORED = "pixelcnn_lab";
const FORM = /^[0-9a-f]{32}$/;
const NAMED = /^pixelcnn_lab=([0-9a-f]{32})$/;

class BrowserKey {
  /** `offered` is the key of this session; with `known`, the browser has sent it in its cookie. */
  update({ offered, known }) {
    const kept = known ? offered : (storedKey() ?? offered);
    storeKey(kept);
    if (kept !== offered) this.report("kept", { secret: kept });
  }

  layout() {} // it has no picture
}

function storedKey() {
  try {
    const found = localStorage.getItem(STORED);
    return found && FORM.test(found) ? found : null;
  } catch {
    return NAMED.exec(window.name)?.[1] ?? null;
  }
}

function storeKey(key) {
  try {
    localStorage.setItem(STORED, key);
  } catch {
    if (window.parent !== window) window.name = `${STORED}=${key}`;
  }
}

export default function (component) {
  return mount(component, () => new BrowserKey());
}
