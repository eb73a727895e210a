import { Controller } from "@hotwired/stimulus";

/** Milliseconds after the last move until the order is kept: several steps in a row are one. */
const PATIENCE = 300;

/** @type {string | null} the row whose grip had the focus when the form was drawn anew */
let held = null;

/**
 * Rows that are put in order, by dragging a grip or by the arrow keys on it; then the form that holds them is sent.
 * Without scripts its buttons do the same.
 */
export default class ArrangeController extends Controller {
  connect() {
    /** @type {HTMLElement | null} */
    this.row = null;
    this.waiting = 0;
    const grip = held && this.element.querySelector(`[data-name="${CSS.escape(held)}"] .grip`);
    if (grip instanceof HTMLElement) grip.focus();
    held = null;
  }

  disconnect() {
    clearTimeout(this.waiting);
  }

  /** @param {PointerEvent} event */
  take(event) {
    const grip = /** @type {HTMLElement} */ (event.currentTarget);
    this.row = grip.closest("li");
    this.element.setPointerCapture(event.pointerId);
    this.row?.setAttribute("data-taken", "");
  }

  /** @param {PointerEvent} event */
  drag(event) {
    if (!this.row) return;
    const next = this.rows.find((row) => row !== this.row && event.clientY < middle(row));
    if (next !== this.row.nextElementSibling) this.list.insertBefore(this.row, next ?? null);
  }

  drop() {
    if (!this.row) return;
    this.row.removeAttribute("data-taken");
    this.row = null;
    this.save();
  }

  /** @param {KeyboardEvent} event */
  step(event) {
    const grip = /** @type {HTMLElement} */ (event.currentTarget);
    const row = grip.closest("li");
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!row || !by) return;
    event.preventDefault();
    const place = this.rows.indexOf(row) + by;
    if (place < 0 || place >= this.rows.length) return;
    this.list.insertBefore(row, by < 0 ? this.rows[place] : this.rows[place].nextSibling);
    grip.focus();
    held = row.dataset.name ?? null;
    this.say(`${row.textContent?.trim() ?? ""}, place ${place + 1} of ${this.rows.length}`);
    this.save();
  }

  save() {
    clearTimeout(this.waiting);
    this.waiting = window.setTimeout(() => {
      /** @type {HTMLFormElement} */ (this.element).requestSubmit();
    }, PATIENCE);
  }

  /** @param {string} words */
  say(words) {
    const said = this.targets.find("said");
    if (said) said.textContent = words;
  }

  get list() {
    return /** @type {HTMLElement} */ (this.targets.find("list"));
  }

  /** @returns {HTMLElement[]} */
  get rows() {
    return /** @type {HTMLElement[]} */ ([...this.list.children]);
  }
}

/** @param {Element} row */
function middle(row) {
  const box = row.getBoundingClientRect();
  return box.top + box.height / 2;
}
