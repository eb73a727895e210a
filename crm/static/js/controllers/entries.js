import { Controller } from "@hotwired/stimulus";
import htmx from "htmx.org";
import { deliver, formOf } from "../delivery.js";
import { openDialog } from "../dialogs.js";
import { keepDraft } from "../drafts.js";
import { draftOf, dropEntry, entries, keepEntry } from "../entries.js";
import { say } from "../notices.js";

/** Milliseconds until it is tried again while the line is away; doubled each time up to the longest. */
const AWAY = 15_000;
const LONGEST_AWAY = 300_000;
/** Milliseconds in which an entry that was discarded can be taken back. */
const REGRET = 8_000;

/** @typedef {import("../entries.js").Entry} Entry */

/**
 * What waits for a connection, above every page: says so, sends it when the line is back, and lets one open or discard
 * it. Its markup is components/entries.html.
 */
export default class EntriesController extends Controller {
  connect() {
    this.box = /** @type {HTMLElement} */ (this.element);
    /** @type {number} */
    this.away = AWAY;
    this.isSignedOut = false;
    /** The entry that stands in a form: it is not sent from behind. */
    this.opened = "";
    /** @type {Entry | null} */
    this.discarded = null;
    /** @type {HTMLFormElement | null} the form that an entry was saved with, for the next one without a line */
    this.spare = null;
    this.over = new AbortController();
    const until = { signal: this.over.signal };
    document.addEventListener("entries:changed", () => this.draw(), until);
    document.addEventListener("draft:waits", (event) => this.kept(/** @type {CustomEvent} */ (event)), until);
    document.addEventListener("htmx:sendError", (event) => this.unloaded(/** @type {any} */ (event)), {
      ...until,
      capture: true,
    });
    document.getElementById("log")?.addEventListener("close", () => this.closed(), until);
    window.addEventListener("submit", (event) => this.stay(event), { ...until, capture: true });
    window.addEventListener("online", () => void this.send(), until);
    document.addEventListener("visibilitychange", () => void this.send(), until);
    this.draw();
    void this.send();
  }

  disconnect() {
    this.over?.abort();
    clearTimeout(this.timer);
  }

  /** @returns {Entry[]} what only waits for a line */
  waiting() {
    return entries().filter((entry) => !entry.why && entry.key !== this.opened);
  }

  async send() {
    if (this.isSending || document.hidden || !this.waiting().length) return;
    clearTimeout(this.timer);
    this.isSending = true;
    this.draw();
    this.isSignedOut = false;
    let isAway = false;
    for (const entry of this.waiting()) {
      const became = await deliver(entry);
      this.isSignedOut = became === "signed out";
      isAway = became === "waits";
      if (this.isSignedOut || isAway) break;
    }
    this.isSending = false;
    const away = /** @type {number} */ (this.away);
    this.away = isAway ? Math.min(2 * away, LONGEST_AWAY) : AWAY;
    if (isAway) this.timer = setTimeout(() => void this.send(), away);
    this.draw();
  }

  /** A form met no answer, and what it held is kept now. @param {CustomEvent<{ entry: Entry, form: HTMLFormElement }>} event */
  kept(event) {
    const { entry, form } = event.detail;
    this.spare = form;
    this.opened = "";
    say(`No connection: ${entry.said} is kept on this device, and sent when the line is back.`, "kept");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.send(), this.away);
    this.draw();
  }

  /** The log form does not load without a line: one that was here before does. @param {CustomEvent<{ target: Element }>} event */
  unloaded(event) {
    const { target } = event.detail;
    if (target.id !== "log-slot") return;
    event.stopPropagation(); // the dialog says it
    if (this.spare && !this.spare.isConnected) target.replaceChildren(this.spare);
    else target.replaceChildren(this.part("unloaded"));
  }

  /** @param {Event} event */
  async open(event) {
    const entry = this.entryOf(event);
    if (!entry) return;
    this.opened = entry.key;
    const form = await formOf(entry);
    const page = document.querySelector(".log-page");
    const slot = page ?? document.getElementById("log-slot");
    if (!slot || (form === null && !this.spare)) {
      this.closed();
      say("It cannot be opened without a connection. It is kept as it is.", "kept");
      return;
    }
    if (!page) openDialog("log");
    if (form === null) this.lend(entry, slot);
    else htmx.swap(slot, form, { swapStyle: "innerHTML", swapDelay: 0, settleDelay: 0, transition: false });
    const shown = slot.querySelector(".form");
    if (entry.why && shown && !slot.querySelector("[data-summary]")) shown.prepend(this.wrong(entry.why));
    this.draw();
  }

  /** Without a line the form that was here before takes the entry in, as a draft of it. @param {Entry} entry @param {Element} slot */
  lend(entry, slot) {
    const form = /** @type {HTMLFormElement} */ (this.spare);
    for (const name of ["request_key", "entry"]) {
      const field = form.elements.namedItem(name);
      if (field instanceof HTMLInputElement) field.value = entry.key;
    }
    form.dataset.draftKeyValue = draftOf(entry.key);
    keepDraft(draftOf(entry.key), { fields: entry.fields, sent: false });
    form.remove();
    slot.replaceChildren(form);
  }

  /** @param {string} why */
  wrong(why) {
    const part = this.part("wrong");
    part.querySelectorAll("[data-why]").forEach((one) => (one.textContent = why));
    return part;
  }

  closed() {
    this.opened = "";
    void this.send();
    this.draw();
  }

  /** @param {Event} event */
  discard(event) {
    this.discarded = this.entryOf(event) ?? null;
    if (!this.discarded) return;
    dropEntry(this.discarded.key);
    clearTimeout(this.regret);
    this.regret = setTimeout(() => {
      this.discarded = null;
      this.draw();
    }, REGRET);
    this.draw();
  }

  undo() {
    if (this.discarded) keepEntry(this.discarded);
    this.discarded = null;
    this.draw();
    void this.send();
  }

  /** Who signs out leaves nothing behind: what was saved and not sent is not thrown away without a word. @param {SubmitEvent} event */
  stay(event) {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.getAttribute("action") !== "/logout" || !entries().length)
      return;
    event.preventDefault();
    event.stopPropagation();
    this.box?.scrollIntoView({ block: "nearest" });
    say("Something you saved has not been sent from this device. Send or discard it, then sign out.");
  }

  /** @param {Event} event; @returns {Entry | undefined} the one whose row was pressed in */
  entryOf(event) {
    const row = event.target instanceof Element ? event.target.closest("li") : null;
    return entries().find((entry) => entry.key === row?.dataset.entry);
  }

  /** @param {string} name; @returns {DocumentFragment} what the page keeps ready under that name */
  part(name) {
    const template = /** @type {HTMLTemplateElement} */ (this.targets.find(name));
    return /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  }

  draw() {
    const all = entries();
    const list = this.targets.find("list");
    if (!this.box || !list) return;
    this.box.hidden = !all.length && !this.discarded;
    this.box.classList.toggle(
      "banner--danger",
      all.some((entry) => entry.why),
    );
    /** @type {[string, boolean][]} */
    const shown = [
      ["says", true],
      ["send", this.waiting().length > 0 && !this.isSignedOut],
      ["signIn", Boolean(this.isSignedOut)],
      ["undo", this.discarded !== null],
    ];
    for (const [name, isShown] of shown) this.targets.find(name)?.toggleAttribute("hidden", !isShown);
    const says = this.targets.find("says");
    if (says) says.textContent = this.sentence(all);
    if (this.isSending) this.targets.find("send")?.setAttribute("aria-busy", "true");
    else this.targets.find("send")?.removeAttribute("aria-busy");
    list.replaceChildren(...all.map((entry) => this.row(entry)));
  }

  /** @param {Entry[]} all */
  sentence(all) {
    const wrong = all.filter((entry) => entry.why).length;
    const waits = all.length - wrong;
    if (!all.length) return "Discarded.";
    const parts = [];
    if (wrong) parts.push(`${entriesSaid(wrong)} could not be saved as typed.`);
    if (waits && this.isSignedOut)
      parts.push(`${entriesSaid(waits)} ${waits === 1 ? "waits" : "wait"} until you sign in.`);
    else if (waits) parts.push(`${entriesSaid(waits)} ${waits === 1 ? "waits" : "wait"} for a connection.`);
    return parts.join(" ");
  }

  /** @param {Entry} entry */
  row(entry) {
    const part = this.part("row");
    const row = /** @type {HTMLElement} */ (part.querySelector("li"));
    row.dataset.entry = entry.key;
    /** @type {Record<string, string>} */
    const words = {
      said: entry.said,
      state: `${new Date(entry.at).toLocaleString([], { weekday: "short", hour: "numeric", minute: "2-digit" })}, ${this.stateOf(entry)}`,
    };
    for (const [name, text] of Object.entries(words))
      row.querySelectorAll(`[data-${name}]`).forEach((one) => (one.textContent = text));
    row.querySelectorAll("button").forEach((button) => {
      button.setAttribute("aria-label", `${button.textContent?.trim() ?? ""}: ${entry.said}`);
    });
    return part;
  }

  /** @param {Entry} entry */
  stateOf(entry) {
    if (entry.key === this.opened) return "open in the form";
    return entry.why || "kept on this device";
  }
}

/** @param {number} n */
const entriesSaid = (n) => (n === 1 ? "1 entry" : `${n} entries`);
