// Text that was typed and not saved, kept on this device until it is.

const PREFIX = "kp-draft:";

/**
 * What one form held. `sent`: it was posted as a whole page, and we wait to see whether that arrived.
 * `said`: the words that a picker showed for its value.
 * @typedef {{ fields: [name: string, value: string, said?: string][], sent: boolean }} Draft
 */

/** A draft is one person's. @param {string} key */
const place = (key) => `${PREFIX}${document.body.dataset.person ?? ""}:${key}`;

/** @param {string} key; @returns {Draft | null} */
export function readDraft(key) {
  try {
    return JSON.parse(localStorage.getItem(place(key)) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} key @param {Draft} draft; @returns {boolean} whether it is kept: storage may be full, or closed to us */
export function keepDraft(key, draft) {
  try {
    localStorage.setItem(place(key), JSON.stringify(draft));
    return true;
  } catch {
    return false; // the text still stands in the form
  }
}

/** @param {string} key */
export function dropDraft(key) {
  try {
    localStorage.removeItem(place(key));
  } catch {
    // Nothing was kept either.
  }
}

/** @returns {string[]} where drafts of anyone are kept on this device */
function places() {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
  } catch {
    return [];
  }
}

/** On a page of the app that no longer shows the form, a draft that was sent has arrived. */
export function forgetWhatArrived() {
  if (!document.body.dataset.person || isReturn()) return;
  const mine = place("");
  for (const name of places().filter((one) => one.startsWith(mine))) {
    const key = name.slice(mine.length);
    const isHere = document.querySelector(`[data-draft-key-value="${CSS.escape(key)}"]`);
    if (!isHere && readDraft(key)?.sent) dropDraft(key);
  }
}

let isLoading = true;
window.addEventListener("load", () => (isLoading = false));

/** @returns {boolean} whether the page just came by reload or back, so that a post may have failed before it */
export function isReturn() {
  if (!isLoading) return false;
  const [how] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  return how?.type === "reload" || how?.type === "back_forward";
}

// Who signs out leaves nothing on a shared computer.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form instanceof HTMLFormElement && form.getAttribute("action") === "/logout")
    places().forEach((name) => localStorage.removeItem(name));
});
