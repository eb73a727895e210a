import { Controller } from "@hotwired/stimulus";
import htmx from "htmx.org";
import Sortable from "sortablejs";
import { openDialog } from "../dialogs.js";
import { say } from "../notices.js";

const FIELDS = "input, textarea, select, [contenteditable]";

/** What outlives a board that is drawn anew: which columns were folded by hand, how far it was scrolled, where the
 *  focus stood, and where the last move can be taken back. */
const kept = {
  /** @type {Map<string, boolean>} */ folds: new Map(),
  left: 0,
  focus: "",
  undo: "",
  /** @type {WeakSet<Element>} whose way back is known, or was gone already */ toasts: new WeakSet(),
};

/**
 * The board of opportunities: cards are dragged by their handle, walked with arrows, moved with [ ] and m, and z takes
 * the last move back. Every move is the post that the form of nine buttons sends; closing asks why first.
 */
export default class BoardController extends Controller {
  connect() {
    this.over = new AbortController();
    const until = { signal: this.over.signal };
    for (const col of this.columns()) {
      const isOpen = kept.folds.get(col.dataset.slug ?? "");
      if (isOpen !== undefined) col.open = isOpen;
    }
    this.element.scrollLeft = kept.left;
    if (kept.focus) this.focusOn(document.getElementById(kept.focus));
    this.rememberUndo();
    /** @type {[string, (event: any) => void][]} */
    const listens = [
      ["keydown", (event) => this.key(event)],
      ["focusin", (event) => (kept.focus = cardOf(event.target)?.id ?? "")],
      ["focusout", (event) => event.relatedTarget && this.left(event.relatedTarget)],
      ["click", (event) => this.folded(event)],
      ["htmx:afterRequest", (event) => this.grown(event)],
    ];
    for (const [type, act] of listens) this.element.addEventListener(type, act, until);
    document.addEventListener("submit", (event) => this.undone(event), { ...until, capture: true });
    this.element.addEventListener("scroll", () => (kept.left = this.element.scrollLeft), until);
    this.sortables = [...this.element.querySelectorAll(".cards")].map((list) => this.sortable(list));
  }

  disconnect() {
    this.over?.abort();
    this.sortables?.forEach((one) => one.destroy());
  }

  /** @returns {HTMLDetailsElement[]} */
  columns() {
    return /** @type {HTMLDetailsElement[]} */ ([...this.element.querySelectorAll(".col")]);
  }

  /** The focus went elsewhere on the page: a board drawn anew does not call it back. @param {Element} to */
  left(to) {
    if (!this.element.contains(to) && !to.closest("dialog")) kept.focus = "";
  }

  /** @param {MouseEvent} event */
  folded(event) {
    const summary = event.target instanceof Element ? event.target.closest("summary") : null;
    const col = summary?.parentElement;
    if (col instanceof HTMLDetailsElement) kept.folds.set(col.dataset.slug ?? "", !col.open);
  }

  /** More cards were shown: the address says so, and a board drawn anew shows them again. @param {CustomEvent} event */
  grown(event) {
    const { elt, successful } = event.detail;
    const shown = elt instanceof HTMLElement ? elt.dataset.shown : undefined;
    if (!shown || !successful) return;
    const here = new URL(location.href);
    const others = here.searchParams
      .getAll("shown")
      .filter((one) => one.split(".")[0] !== shown.split(".")[0]);
    here.searchParams.delete("shown");
    for (const one of [...others, shown]) here.searchParams.append("shown", one);
    history.replaceState(history.state, "", here);
  }

  /** The answer to a move brings the way back in its toast; it counts also once the toast has gone. */
  rememberUndo() {
    for (const form of document.querySelectorAll("#toasts form[action*='/stage/return']")) {
      if (!kept.toasts.has(form)) kept.undo = form.getAttribute("action") ?? "";
      kept.toasts.add(form);
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const at = event.target;
    if (!(at instanceof Element) || at.matches(FIELDS)) return;
    if (event.metaKey || event.ctrlKey || event.altKey || event.isComposing) return;
    const card = cardOf(at);
    const isSingle = document.body.dataset.keys !== "off";
    const done = (card && this.walk(card, event.key)) || (isSingle && this.act(card, event.key));
    if (done) event.preventDefault();
  }

  /** @param {HTMLElement} card @param {string} key; @returns {boolean} whether the key is an arrow */
  walk(card, key) {
    if (key === "ArrowDown") this.focusOn(near(card, "nextElementSibling"));
    else if (key === "ArrowUp") this.focusOn(near(card, "previousElementSibling"));
    else if (key === "ArrowRight") this.focusOn(this.beside(card, 1));
    else if (key === "ArrowLeft") this.focusOn(this.beside(card, -1));
    else return false;
    return true;
  }

  /** @param {HTMLElement} card @param {number} by; @returns {Element | null} as high up in the next column with cards */
  beside(card, by) {
    const columns = this.columns().filter((col) => col.open && col.querySelector(".opp"));
    const here = /** @type {HTMLDetailsElement} */ (card.closest(".col"));
    const there = columns[columns.indexOf(here) + by];
    const place = [...here.querySelectorAll(".opp")].indexOf(card);
    const cards = there ? [...there.querySelectorAll(".opp")] : [];
    return cards[Math.min(place, cards.length - 1)] ?? null;
  }

  /** @param {HTMLElement | null} card @param {string} key; @returns {boolean} whether the key means something here */
  act(card, key) {
    if (key === "z") this.takeBack();
    else if (card && key === "m") this.choose(card);
    else if (card && (key === "[" || key === "]")) this.step(card, key === "]" ? 1 : -1);
    else return false;
    return true;
  }

  /** Opens the form of nine buttons. @param {HTMLElement} card */
  choose(card) {
    const link = card.querySelector("[data-open='moving']");
    if (link instanceof HTMLElement) link.click();
    else refuse();
  }

  /** @param {HTMLElement} card @param {number} by */
  step(card, by) {
    const columns = this.columns();
    const to = columns[columns.indexOf(/** @type {HTMLDetailsElement} */ (card.closest(".col"))) + by];
    if (to) this.move(card, stageOf(card), stageOf(to));
  }

  /** @param {HTMLElement} card @param {string} from @param {string} to; @returns {Promise<void>} */
  async move(card, from, to) {
    const address = card.dataset.move;
    if (!address) return refuse();
    kept.focus = card.id;
    if (to.startsWith("Closed")) {
      await htmx.ajax("get", `${address}?to=${encodeURIComponent(to)}`, {
        target: "#moving-slot",
        swap: "innerHTML",
      });
      openDialog("moving");
    } else {
      await this.post(address, { stage: to, seen: from });
    }
  }

  /** Undo in the toast: the board stays, and so does what was scrolled and folded. @param {SubmitEvent} event */
  undone(event) {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.matches("#toasts form[action*='/stage/return']")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    kept.undo = form.getAttribute("action") ?? "";
    form.closest(".toast")?.remove();
    this.takeBack();
  }

  takeBack() {
    if (!kept.undo) return;
    const address = kept.undo;
    kept.undo = "";
    void this.post(address, {});
  }

  /** @param {string} address @param {Record<string, string>} values; @returns {Promise<void>} */
  async post(address, values) {
    const form = document.getElementById("board-move");
    if (form) await htmx.ajax("post", address, { source: form, values, swap: "none" });
  }

  /** @param {Element | null} card */
  focusOn(card) {
    const title = card?.querySelector(".title");
    if (!(title instanceof HTMLElement)) return;
    title.focus({ preventScroll: true });
    card?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** @param {Element} list; @returns {Sortable} */
  sortable(list) {
    return Sortable.create(/** @type {HTMLElement} */ (list), {
      group: "stages",
      handle: ".grip",
      draggable: ".opp",
      sort: false,
      ghostClass: "is-place",
      fallbackClass: "is-moving",
      onChoose: ({ item }) => item.removeAttribute("style"), // what is copied of it must bring none: the policy
      onStart: () => this.taken(),
      onEnd: (event) => this.dropped(event),
    });
  }

  /** Every column opens to be dropped into, and none snaps away from under the hand. */
  taken() {
    this.element.classList.add("is-dragging");
    for (const col of this.columns()) col.open = true;
  }

  /** It goes back where it was until the server has said yes. @param {Sortable.SortableEvent} event */
  dropped({ item, from, to, oldIndex }) {
    this.element.classList.remove("is-dragging");
    for (const col of this.columns()) {
      const isClosed = stageOf(col).startsWith("Closed");
      col.open = kept.folds.get(col.dataset.slug ?? "") ?? !isClosed;
    }
    item.removeAttribute("style");
    if (from === to) return;
    const isAsked = stageOf(to).startsWith("Closed");
    const goBack = () => from.insertBefore(item, from.children[oldIndex ?? 0] ?? null);
    if (isAsked) goBack();
    void this.move(item, stageOf(from), stageOf(to)).finally(() => !isAsked && item.isConnected && goBack());
  }
}

/** @param {EventTarget | null} at; @returns {HTMLElement | null} */
const cardOf = (at) => (at instanceof Element ? at.closest(".opp") : null);

/** @param {Element} within; @returns {string} */
const stageOf = (within) => within.closest(".col")?.getAttribute("data-stage") ?? "";

/** The next card in that direction. @param {Element} card @param {"nextElementSibling" | "previousElementSibling"} way */
function near(card, way) {
  const other = card[way];
  return other?.matches(".opp") ? other : null;
}

function refuse() {
  say("That is a colleague’s opportunity. They, their manager or an admin can move it; you can log on it.");
}

// In the form of nine buttons a figure presses one of them.
document.addEventListener("keydown", (event) => {
  const form = document.querySelector("#moving[open] .stages");
  if (!form || event.metaKey || event.ctrlKey || event.altKey || !/^[1-9]$/.test(event.key)) return;
  const choice = form.querySelector(`[data-digit="${event.key}"]`);
  if (choice instanceof HTMLElement) choice.click();
});
