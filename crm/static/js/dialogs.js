// Dialogs: data-open="id" opens one, data-close, Esc and the backdrop close it. The browser brings the focus back; where
// the page was drawn anew meanwhile and it does not know the place any more, we do.

import { placeOf, refocus } from "./focus.js";

/** What a slot shows before its content arrives. @type {WeakMap<Element, string>} */
const waiting = new WeakMap();

document.querySelectorAll(".dialog-slot").forEach((slot) => waiting.set(slot, slot.innerHTML));

/** Where the focus came from when a dialog opened. @type {WeakMap<Element, import("./focus.js").Place | null>} */
const places = new WeakMap();

/** Those that are open, or closed and have not said so yet. @type {WeakSet<Element>} */
const untidied = new WeakSet();

/** @param {string} id; @returns {boolean} whether there is such a dialog and it is open now */
export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement)) return false;
  if (dialog.open) return true;
  openOne()?.close();
  // From one dialog into the next, or into the same before it has said that it closed: the way back is the first one's.
  const before = document.activeElement?.closest("dialog");
  places.set(dialog, before ? (places.get(before) ?? null) : placeOf(document.activeElement, document.body));
  // Who is quick sees the form of the last time, and what they typed into it would go when the new one arrives.
  if (untidied.has(dialog)) clear(dialog);
  untidied.add(dialog);
  dialog.showModal();
  // A modal dialog covers all else, also what we have to say: the toasts move into it.
  const toasts = document.getElementById("toasts");
  if (toasts) dialog.append(toasts);
  dialog.addEventListener("close", tidy);
  return true;
}

/** @returns {HTMLDialogElement | null} the dialog that is open */
export function openOne() {
  return document.querySelector("dialog[open]");
}

/** Leaves things as if the dialog that closed had not been there. @param {Event} event */
function tidy(event) {
  const dialog = event.currentTarget;
  if (!(dialog instanceof HTMLDialogElement) || dialog.open) return; // a quick hand opened it again before it said so
  untidied.delete(dialog);
  const place = places.get(dialog);
  // The browser may not have noticed yet that what had the focus went with the dialog.
  const at = document.activeElement;
  if (place && (!at || at === document.body || dialog.contains(at))) refocus(document.body, place);
  const toasts = dialog.querySelector("#toasts");
  if (toasts) document.body.append(toasts);
  clear(dialog);
}

/** What is asked for when it opens is gone from it. @param {HTMLDialogElement} dialog */
function clear(dialog) {
  const slot = dialog.querySelector(".dialog-slot");
  if (slot) slot.innerHTML = waiting.get(slot) ?? "";
}

document.addEventListener("click", (event) => {
  const at = event.target;
  if (!(at instanceof Element)) return;
  const opener = at.closest("[data-open]");
  if (opener instanceof HTMLElement) follow(opener, event);
  else if (at.closest("dialog [data-close]")) leave(at, event);
  else if (at instanceof HTMLDialogElement && isOutside(at, event)) at.close();
});

/** Closes the dialog; the link that data-close may stand on is for the page without one. @param {Element} at @param {MouseEvent} event */
function leave(at, event) {
  event.preventDefault();
  at.closest("dialog")?.close();
}

/** Opens what the opener names; with a modifier held its link is followed instead. @param {HTMLElement} opener @param {MouseEvent} event */
function follow(opener, event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const menu = opener.closest("[popover]");
  if (menu instanceof HTMLElement) menu.hidePopover();
  if (openDialog(opener.dataset.open ?? "")) event.preventDefault();
}

/** @param {Element} box @param {MouseEvent} event */
function isOutside(box, event) {
  const edge = box.getBoundingClientRect();
  return (
    event.clientX < edge.left ||
    event.clientX > edge.right ||
    event.clientY < edge.top ||
    event.clientY > edge.bottom
  );
}

// The answer to a post says that the work is done: the form that was open for it has no more to do.
document.addEventListener("pantry:done", () => openOne()?.close());

// What the form in a dialog was for is done: the answer drew the page anew around it.
document.addEventListener("pantry:done", (event) => {
  if (event.target instanceof Element) event.target.closest("dialog")?.close();
});
