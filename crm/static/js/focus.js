// Where the focus was, for when what it stood on is drawn anew: said by names that outlive the elements.

/** @typedef {{ row: string, tag: string, name: string }} Place where the focus was: the nearest id, and what there */

/** @param {Element | null} at @param {HTMLElement} fragment; @returns {Place | null} null: it is not in the fragment */
export function placeOf(at, fragment) {
  if (!at || at === fragment || !fragment.contains(at)) return null;
  const row = at.closest("[id]");
  return { row: row && fragment.contains(row) ? row.id : "", tag: at.tagName, name: nameOf(at) };
}

/** @param {Element} one */
const nameOf = (one) =>
  one.getAttribute("href") ??
  one.getAttribute("name") ??
  one.getAttribute("aria-label") ??
  one.textContent ??
  "";

/** Gives the focus to what stands at that place now. @param {HTMLElement} fragment @param {Place} place */
export function refocus(fragment, place) {
  const row = (place.row && document.getElementById(place.row)) || fragment;
  const same = [...row.querySelectorAll(place.tag)].find((one) => nameOf(one) === place.name) ?? row;
  if (same instanceof HTMLElement) same.focus({ preventScroll: true });
}
