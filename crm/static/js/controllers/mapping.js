import { Controller } from "@hotwired/stimulus";

/** Pixels that a finger or a mouse may slip before a press is a drag. */
const SLIP = 5;
/** Pixels from the edge of the window within which a drag scrolls, and how far it does in a frame. */
const EDGE = 60;
const PACE = 10;

/**
 * What the columns of a file mean, said by dragging a field onto a column; or with keys: Enter takes a field up, the
 * arrows walk over the columns, Enter sets it down, Escape lets it go. The choices in the table say the same, also
 * without scripts, and are what is sent.
 */
export default class MappingController extends Controller {
  connect() {
    this.over = new AbortController();
    const until = { signal: this.over.signal };
    /** @type {HTMLButtonElement | null} the field in hand */
    this.chip = null;
    /** @type {HTMLElement | null} the row that it is over */
    this.row = null;
    /** @type {{ x: number, y: number } | null} where the hand came down */
    this.from = null;
    /** @type {{ x: number, y: number }} where the hand is */
    this.hand = { x: 0, y: 0 };
    this.tray.hidden = false;
    this.tray.addEventListener("pointerdown", (event) => this.press(event), until);
    this.tray.addEventListener("click", (event) => this.take(event), until);
    this.tray.addEventListener("keydown", (event) => this.key(event), until);
    const whole = /** @type {HTMLElement} */ (this.element);
    whole.addEventListener("pointermove", (event) => this.drag(event), until);
    whole.addEventListener("pointerup", () => this.release(), until);
    whole.addEventListener("pointercancel", () => this.letGo(), until);
    whole.addEventListener("click", (event) => this.point(event), until);
    whole.addEventListener("change", (event) => this.changed(event), until);
    this.show();
  }

  disconnect() {
    this.over?.abort();
  }

  /** @param {PointerEvent} event */
  press(event) {
    const chip = chipOf(event.target);
    if (!chip || event.button !== 0) return;
    event.preventDefault(); // no text is selected on the way
    if (this.chip !== chip) this.letGo();
    chip.focus({ preventScroll: true });
    this.element.setPointerCapture(event.pointerId);
    this.from = { x: event.pageX, y: event.pageY };
    this.pressed = chip;
  }

  /** @param {PointerEvent} event */
  drag(event) {
    if (!this.from || !this.pressed) return;
    this.hand = { x: event.clientX, y: event.clientY };
    const [x, y] = [event.pageX - this.from.x, event.pageY - this.from.y];
    if (!this.isDragging && Math.hypot(x, y) < SLIP) return;
    if (!this.isDragging) {
      this.pickUp(this.pressed);
      this.isDragging = true;
      requestAnimationFrame(() => this.scroll());
    }
    this.follow();
  }

  /** The field follows the hand, over whichever column that is. */
  follow() {
    if (!this.from || !this.chip) return;
    const { x, y } = /** @type {{ x: number, y: number }} */ (this.hand);
    this.chip.style.translate = `${x + scrollX - this.from.x}px ${y + scrollY - this.from.y}px`;
    const under = document.elementsFromPoint(x, y);
    this.goOver(this.rows.find((row) => under.some((one) => row.contains(one))) ?? null);
  }

  /** Near an edge the page scrolls under it. */
  scroll() {
    if (!this.isDragging) return;
    const { y } = /** @type {{ x: number, y: number }} */ (this.hand);
    const by = y < EDGE ? -PACE : y > innerHeight - EDGE ? PACE : 0;
    if (by) {
      scrollBy(0, by);
      this.follow();
    }
    requestAnimationFrame(() => this.scroll());
  }

  /** The hand lets go: over a column that is the choice; without having moved the field stays in hand. */
  release() {
    const { pressed } = this;
    if (!this.from || !pressed) return;
    if (this.isDragging && this.row) return this.setDown();
    if (this.isDragging) return this.letGo();
    this.from = this.pressed = null;
    this.toggle(pressed);
  }

  /** Enter and the space bar come as a click that no pointer made. @param {MouseEvent} event */
  take(event) {
    const chip = chipOf(event.target);
    if (chip && event.detail === 0) this.toggle(chip);
  }

  /** With a field in hand a press on a column sets it down there. @param {MouseEvent} event */
  point(event) {
    const at = /** @type {Element} */ (event.target);
    const row = this.rows.find((one) => one.contains(at));
    if (!this.chip || !row || at.closest("select")) return;
    this.goOver(row);
    this.setDown();
  }

  /** @param {HTMLButtonElement} chip */
  toggle(chip) {
    if (this.chip === chip && this.row) return this.setDown();
    if (this.chip === chip) return this.letGo();
    this.pickUp(chip);
    const [first] = this.rows.filter((row) => select(row).value === "");
    this.goOver(first ?? this.rows[0] ?? null);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!this.chip) return;
    if (event.key === "Escape") this.letGo();
    else if (by)
      this.goOver(
        this.rows.at((this.rows.indexOf(this.row ?? this.rows[0]) + by) % this.rows.length) ?? null,
      );
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {HTMLButtonElement} chip */
  pickUp(chip) {
    this.chip?.setAttribute("aria-pressed", "false");
    this.goOver(null);
    this.chip = chip;
    chip.setAttribute("aria-pressed", "true");
  }

  /** @param {HTMLElement | null} row */
  goOver(row) {
    if (row === this.row) return;
    this.row?.removeAttribute("data-over");
    this.row = row;
    row?.setAttribute("data-over", "");
    if (!row || !this.chip) return;
    if (!this.isDragging) row.scrollIntoView({ block: "nearest" });
    this.say(`${this.chip.textContent?.trim() ?? ""} to ${nameOf(row)}: Enter sets it, Escape lets go`);
  }

  setDown() {
    const { chip, row } = this;
    this.letGo();
    if (!chip || !row) return;
    select(row).value = chip.value;
    select(row).dispatchEvent(new Event("change", { bubbles: true }));
    this.say(`${nameOf(row)} goes to ${chip.textContent?.trim() ?? ""}`);
  }

  letGo() {
    this.pressed?.style.removeProperty("translate");
    this.from = this.pressed = null;
    this.isDragging = false;
    this.chip?.setAttribute("aria-pressed", "false");
    this.chip = null;
    this.goOver(null);
  }

  /** @param {Event} event */
  changed(event) {
    if (event.target instanceof HTMLSelectElement) this.show();
  }

  /** What every row says of itself, and which fields are taken. */
  show() {
    const taken = new Set(this.rows.map((row) => select(row).value));
    for (const chip of this.chips) chip.toggleAttribute("data-taken", taken.has(chip.value));
    for (const row of this.rows) row.toggleAttribute("data-matched", select(row).value !== "");
  }

  /** @param {string} words */
  say(words) {
    const said = this.targets.find("said");
    if (said) said.textContent = words;
  }

  get tray() {
    return /** @type {HTMLElement} */ (this.targets.find("tray"));
  }

  /** @returns {HTMLButtonElement[]} */
  get chips() {
    return /** @type {HTMLButtonElement[]} */ ([...this.tray.querySelectorAll("button")]);
  }

  /** @returns {HTMLElement[]} */
  get rows() {
    const rows = /** @type {HTMLElement[]} */ ([...this.element.querySelectorAll("tbody tr")]);
    return rows.filter((row) => row.querySelector("select"));
  }
}

/** @param {EventTarget | null} at; @returns {HTMLButtonElement | null} */
const chipOf = (at) => (at instanceof Element ? at.closest("button.chip") : null);

/** @param {HTMLElement} row */
const select = (row) => /** @type {HTMLSelectElement} */ (row.querySelector("select"));

/** @param {HTMLElement} row */
const nameOf = (row) => row.querySelector("th")?.textContent?.trim() ?? "";
