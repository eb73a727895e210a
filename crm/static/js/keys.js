// The keyboard: single keys outside of fields, switched off per person by <body data-keys="off">.
//   data-key="c" | "e" | "s" | "x"   pressed by that key (all but c within the row that has the focus)
//   data-key="n"               on a link: the form of a new opportunity for the record that is shown
//   data-new-opportunity       on the body: the form that n leads to elsewhere
//   data-go="t"                followed by g then t
//   data-row, data-row-link    a row for j and k, and the link in it that takes the focus

import { openDialog, openOne } from "./dialogs.js";
import { openPalette } from "./palette.js";

/** Milliseconds in which the second key after g counts. */
const PATIENCE = 1_200;

let goes = false;

/** @returns {HTMLElement[]} the rows to be seen, from top to bottom */
const rows = () =>
  /** @type {HTMLElement[]} */ ([...document.querySelectorAll("main [data-row]")]).filter((row) =>
    row.checkVisibility(),
  );

const current = () =>
  /** @type {HTMLElement | null} */ (document.activeElement?.closest("[data-row]") ?? null);

/** @param {HTMLElement | undefined} row */
function focusOn(row) {
  const link = row?.querySelector("[data-row-link]") ?? row?.querySelector("a, button");
  if (link instanceof HTMLElement) {
    link.focus();
    row?.scrollIntoView({ block: "nearest" });
  }
}

/** @param {number} by */
function walk(by) {
  const all = rows();
  const row = current();
  focusOn(all[row ? Math.min(Math.max(all.indexOf(row) + by, 0), all.length - 1) : 0]);
}

/** @param {ParentNode | null} within @param {string} selector; @returns {boolean} whether there was something to press */
function press(within, selector) {
  const found = within?.querySelector(selector);
  if (!(found instanceof HTMLElement)) return false;
  found.click();
  return true;
}

/** @type {Record<string, () => boolean | void>} what single keys do; false = nothing to do it with */
const KEYS = {
  c: () => press(document, "[data-key='c']"),
  n: () => {
    const own = document.querySelector("main a[data-key='n']");
    const form = own instanceof HTMLAnchorElement ? own.href : document.body.dataset.newOpportunity;
    if (!form) return false;
    location.assign(form);
  },
  "?": () => openDialog("shortcuts"),
  "/": () => {
    const search = document.querySelector("main input[type='search']");
    if (!(search instanceof HTMLInputElement)) return openPalette(); // no list here: everything is searched
    search.focus();
    search.select();
  },
  j: () => walk(1),
  k: () => walk(-1),
  e: () => press(current(), "[data-key='e']"),
  s: () => press(current(), "[data-key='s']"),
  x: () => press(current(), "[data-key='x']"),
};

const FIELDS = "input:not([type='checkbox'], [type='radio'], [type='hidden']), textarea, select";

/** Whether keys are text there; what went with its dialog may have the focus for a moment, and takes none. @param {Element} at */
const isField = (at) => at.matches(FIELDS) && at.checkVisibility();

document.addEventListener("keydown", (event) => {
  const at = event.target;
  if (!(at instanceof HTMLElement) || event.defaultPrevented || event.isComposing) return;
  if (event.metaKey || event.ctrlKey) {
    if (event.key === "Enter") save(at);
  } else if (isField(at)) {
    if (event.key === "Escape" && !openOne()) at.blur();
  } else if (isSingle(event) && single(event.key)) {
    event.preventDefault();
  }
});

/** Whether single keys count now: not in a dialog, not for those who switched them off. @param {KeyboardEvent} event */
function isSingle(event) {
  return !event.altKey && !openOne() && document.body.dataset.keys !== "off";
}

/** Sends the form that is open, by its main button. @param {HTMLElement} at */
function save(at) {
  const form = at.closest("form") ?? openOne()?.querySelector("form");
  if (!form || form.method !== "post") return;
  const button = form.querySelector(".btn--primary[type='submit']");
  form.requestSubmit(button instanceof HTMLElement ? button : null);
}

/** @param {string} key; @returns {boolean} whether the key meant something here */
function single(key) {
  if (goes) {
    goes = false;
    return press(document, `[data-go='${CSS.escape(key)}']`);
  }
  if (key === "g") {
    goes = true;
    setTimeout(() => (goes = false), PATIENCE);
    return true;
  }
  return key in KEYS && KEYS[key]() !== false;
}

// A row that was completed by key is gone: the one in its place takes the focus.
let left = -1;
document.addEventListener("htmx:beforeSwap", () => {
  const row = current();
  left = row ? rows().indexOf(row) : -1;
});
document.addEventListener("htmx:afterSettle", () => {
  if (left < 0 || document.activeElement !== document.body) return;
  const all = rows();
  focusOn(all[Math.min(left, all.length - 1)]);
  left = -1;
});
