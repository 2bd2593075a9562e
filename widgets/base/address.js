// The address of the page. Browsers allow some hundred changes of it in half a minute, and refuse
// more: it changes once a second at most, and nothing else depends on it.

const ADDRESS_EVERY_MS = 1000;

/** What all widgets of the page share: each of them is a module with a copy of this file. */
const addressBar = (window[Symbol.for("pixelcnn-lab-address")] ??= { wanted: new Map(), changedAt: -Infinity });

/**
 * Set a query parameter of the open page; null removes it. Not a step of the history: Back leaves
 * the page, and does not undo change after change.
 */
function keepInAddress(name, value) {
  if (addressBar.path !== location.pathname) addressBar.wanted.clear(); // they were another page's
  addressBar.path = location.pathname;
  addressBar.wanted.set(name, value);
  const wait = addressBar.changedAt + ADDRESS_EVERY_MS - performance.now();
  if (wait <= 0) writeAddress();
  else addressBar.timer ??= setTimeout(writeAddress, wait);
}

/** Write what still waits. Returns the page's address with it, also if the browser refuses. */
function writeAddress() {
  clearTimeout(addressBar.timer);
  addressBar.timer = undefined;
  const address = new URL(location.href);
  if (addressBar.path !== location.pathname) addressBar.wanted.clear();
  for (const [name, value] of addressBar.wanted) {
    if (value === null) address.searchParams.delete(name);
    else address.searchParams.set(name, value);
  }
  addressBar.changedAt = performance.now();
  try {
    if (address.href !== location.href) history.replaceState(history.state, "", address.href);
    addressBar.wanted.clear();
  } catch {
    if (addressBar.wanted.size) addressBar.timer = setTimeout(writeAddress, 10 * ADDRESS_EVERY_MS);
  }
  return address;
}

/** Go to another page or state of the app in the same session, as a step of the history. */
function openInApp(address) {
  try {
    history.pushState({}, "", address);
  } catch {
    location.assign(address); // a new session, but the right page
    return;
  }
  window.dispatchEvent(new PopStateEvent("popstate", { state: {} }));
}
