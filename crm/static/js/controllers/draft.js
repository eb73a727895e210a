import { Controller } from "@hotwired/stimulus";
import htmx from "htmx.org";
import { openOne } from "../dialogs.js";
import { dropDraft, isReturn, keepDraft, readDraft } from "../drafts.js";
import { dropEntry, keepEntry } from "../entries.js";

/** Never kept: secrets, and what only fits the page it came with. */
const NOT_KEPT = /^(csrf_token|request_key|entry|step|password.*)$/;

/**
 * Keeps what is typed into a form until it is saved:
 * <form method="post" data-controller="draft" data-draft-key-value="log:principal-7">
 * One key, one draft: name the record the form is about in it.
 * With data-draft-carries-value="true" the form is one step of several under one key, each of which holds what the
 * others were told in hidden fields: going on keeps the draft, and what a step does not show is put in hidden.
 * With data-draft-waits-value="true" a form that meets no connection need not stay open: what it holds waits as an entry
 * (../entries.js) and is sent later. Its field "entry" names the one that it was opened from.
 * Beside the form <p data-draft-target="says"> says where the text is kept.
 */
export default class DraftController extends Controller {
  connect() {
    this.form = /** @type {HTMLFormElement} */ (this.element);
    this.key = this.data.get("key-value") ?? "";
    this.isSaved = false;
    this.restore();
    this.over = new AbortController();
    const until = { signal: this.over.signal };
    this.form.addEventListener("input", () => this.keep(false), until);
    this.form.addEventListener("change", () => this.keep(false), until);
    this.form.addEventListener("submit", () => this.keep(true), until);
    this.form.addEventListener(
      "htmx:afterRequest",
      (event) => this.settle(/** @type {CustomEvent} */ (event)),
      until,
    );
    if (this.data.get("waits-value"))
      for (const noAnswer of ["htmx:sendError", "htmx:timeout"])
        this.form.addEventListener(noAnswer, (event) => this.wait(/** @type {any} */ (event)), until);
    for (const changed of ["online", "offline"]) window.addEventListener(changed, () => this.say(), until);
    this.say();
  }

  disconnect() {
    this.over?.abort();
  }

  /** @param {boolean} sent whether the form is on its way */
  keep(sent) {
    if (this.isSaved) return;
    this.isKept = keepDraft(this.key ?? "", { fields: this.fields(), sent });
    this.say();
  }

  /** Says where the text is, beside the form. */
  say() {
    const says = this.targets.find("says");
    if (!says) return;
    const isAway = !navigator.onLine && this.data.get("waits-value");
    says.toggleAttribute("data-away", Boolean(isAway));
    if (this.isKept === false) says.textContent = "This browser keeps nothing: save before you leave.";
    else if (isAway) says.textContent = "No connection. Save it all the same: it is sent when you are back.";
    else says.textContent = "Kept on this device while you type.";
  }

  /** @returns {[string, string, string?][]} what the form holds now */
  fields() {
    return this.controls()
      .filter((control) => !(isTick(control) && !control.checked))
      .map((control) => [control.name, control.value, control.dataset.said]);
  }

  /** @param {CustomEvent<{ elt: Element, xhr: XMLHttpRequest, requestConfig: { verb: string } }>} event */
  settle(event) {
    const { elt, xhr, requestConfig } = event.detail;
    if (elt !== this.form || requestConfig.verb === "get") return;
    if (xhr.status >= 200 && xhr.status < 400) {
      this.isSaved = true;
      dropDraft(this.key ?? "");
      if (this.hidden("entry")?.value) dropEntry(this.hidden("entry")?.value ?? "");
    } else {
      this.keep(false);
    }
  }

  /** There is no line: what was saved waits for it, and the form is free for the next. @param {CustomEvent<{ elt: Element, requestConfig: { verb: string, parameters: Record<string, unknown> } }>} event */
  wait(event) {
    const { elt, requestConfig } = event.detail;
    const key = this.hidden("request_key");
    if (elt !== this.form || requestConfig.verb !== "post" || !key) return;
    const entry = {
      key: key.value,
      address: this.form.getAttribute("action") ?? "",
      fields: this.fields(),
      said: this.words(),
      at: Date.now(),
      why: "",
    };
    if (!keepEntry(entry)) return; // the text still stands in the form, and requests.js says so
    event.stopPropagation();
    dropDraft(this.key ?? "");
    if (requestConfig.parameters.next === undefined) openOne()?.close();
    this.startOver();
    document.dispatchEvent(new CustomEvent("draft:waits", { detail: { entry, form: this.form } }));
  }

  /** @returns {string} what the form is about to save: what it chose, with whom */
  words() {
    const what = wordsOf(this.form?.querySelector("input[type='radio']:checked")?.closest("label"));
    const picked = this.form?.querySelector(".picked:not([hidden]) .picked-what");
    const whom = wordsOf(picked?.querySelector("strong, b")) || wordsOf(picked);
    return `${what || "Something"} with ${whom || "nobody chosen yet"}`;
  }

  /** @param {string} name; @returns {HTMLInputElement | null} */
  hidden(name) {
    const field = this.form?.elements.namedItem(name);
    return field instanceof HTMLInputElement ? field : null;
  }

  restore() {
    const draft = readDraft(this.key ?? "");
    if (!draft) return;
    const isRefused =
      this.form?.querySelector("[aria-invalid='true']") ?? this.form?.querySelector("[data-summary]");
    if (isRefused) {
      keepDraft(this.key ?? "", { ...draft, sent: false }); // the server gave it back with what is wrong
    } else if (draft.sent && !isReturn()) {
      this.arrived();
    } else if (JSON.stringify(draft.fields) !== JSON.stringify(JSON.parse(JSON.stringify(this.fields())))) {
      this.fill(draft.fields);
      this.tell();
    }
  }

  /** What was sent is with the server. The next step holds it; any other form is the next one, and empty. */
  arrived() {
    if (this.data.get("carries-value")) this.keep(false);
    else dropDraft(this.key ?? "");
  }

  /** @param {[string, string, string?][]} fields */
  fill(fields) {
    const left = [...fields];
    for (const control of this.controls()) {
      const i = left.findIndex(
        ([name, value]) => name === control.name && (!isTick(control) || value === control.value),
      );
      const [, value, said] = left[i] ?? [];
      control.dataset.was ??= control.value; // a hidden field forgets what the page came with
      if (isTick(control)) control.checked = i >= 0;
      else if (value !== undefined) give(control, value);
      if (i >= 0) left.splice(i, 1);
      if (typeof said === "string") control.dataset.said = said; // undefined came back from JSON as null
      control.dispatchEvent(new CustomEvent("draft:restored"));
    }
    if (this.data.get("carries-value")) this.carry(left);
    // What htmx loads when a picker changes, it must load now too.
    htmx.process(/** @type {HTMLFormElement} */ (this.form));
    this.controls()
      .filter((control) => control.dataset.pickerTarget && control.value)
      .forEach((control) => control.dispatchEvent(new Event("change", { bubbles: true })));
  }

  /** What a draft of another step held and this one does not show. @param {[string, string, string?][]} left */
  carry(left) {
    const own = new Set(
      this.controls()
        .filter((control) => !isTick(control) && control.type !== "hidden")
        .map((control) => control.name),
    );
    for (const [name, value] of left.filter(([name]) => !own.has(name))) {
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name, value });
      this.form?.append(input);
    }
  }

  /** Says that the text comes from the last time, with the way to an empty form. */
  tell() {
    const notice = document.createElement("div");
    notice.className = "banner";
    notice.setAttribute("role", "status");
    const text = document.createElement("div");
    text.textContent = "This is what you had typed and not saved.";
    const over = document.createElement("button");
    over.type = "button";
    over.className = "btn btn--sm";
    over.textContent = "Start over";
    over.addEventListener("click", () => {
      dropDraft(this.key ?? "");
      notice.remove();
      this.empty();
    });
    notice.append(text, over);
    (this.form?.querySelector(".form") ?? this.form)?.prepend(notice);
  }

  /** The form as it came. */
  empty() {
    this.form?.reset();
    this.controls().forEach((control) => {
      delete control.dataset.said;
      if (control.type === "hidden") control.value = control.dataset.was ?? control.value;
      control.dispatchEvent(new CustomEvent("draft:restored"));
    });
  }

  /** The form as it came, for another entry: under a request key of its own. */
  startOver() {
    this.empty();
    this.form?.querySelectorAll(".form > .banner").forEach((banner) => banner.remove());
    const key = this.hidden("request_key");
    if (key) key.value = newKey();
    if (!this.hidden("entry")?.value) return;
    this.key = "log:";
    this.data.set("key-value", this.key);
    /** @type {HTMLInputElement} */ (this.hidden("entry")).value = "";
  }

  /** @returns {Control[]} the fields whose content is kept; a picker's counts before it has taken over */
  controls() {
    const all = /** @type {Control[]} */ ([...(this.form?.elements ?? [])]);
    return all.filter(
      (one) =>
        one.name &&
        (!one.disabled || one.dataset.pickerTarget) &&
        !NOT_KEPT.test(one.name) &&
        !["submit", "button", "file", "password"].includes(one.type),
    );
  }
}

/** @typedef {HTMLInputElement} Control a field; textareas and selects have what is used of it too */

/** A list to choose from may not offer the value yet: htmx brings it with what it depends on. @param {Control} control @param {string} value */
function give(control, value) {
  control.value = value;
  if (control instanceof HTMLSelectElement && control.value !== value)
    control.add(new Option(value, value, true, true));
}

/** @param {Element | null | undefined} element */
const wordsOf = (element) => element?.textContent?.trim() ?? "";

/** A request key. The shorter way to one exists only where the address is secure. */
const newKey = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {Control} control */
function isTick(control) {
  return control.type === "checkbox" || control.type === "radio";
}
