import { Controller } from "@hotwired/stimulus";
import htmx from "htmx.org";
import { dropDraft, isReturn, keepDraft, readDraft } from "../drafts.js";

/** Never kept: secrets, and what only fits the page it came with. */
const NOT_KEPT = /^(csrf_token|request_key|step|password.*)$/;

/**
 * Keeps what is typed into a form until it is saved:
 * <form method="post" data-controller="draft" data-draft-key-value="log:principal-7">
 * One key, one draft: name the record the form is about in it.
 * With data-draft-carries-value="true" the form is one step of several under one key, each of which holds what the
 * others were told in hidden fields: going on keeps the draft, and what a step does not show is put in hidden.
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
  }

  disconnect() {
    this.over?.abort();
  }

  /** @param {boolean} sent whether the form is on its way */
  keep(sent) {
    if (this.isSaved) return;
    keepDraft(this.key ?? "", { fields: this.fields(), sent });
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
    } else {
      this.keep(false);
    }
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
      if (said !== undefined) control.dataset.said = said;
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
      this.form?.reset();
      this.controls().forEach((control) => {
        delete control.dataset.said;
        if (control.type === "hidden") control.value = control.dataset.was ?? control.value;
        control.dispatchEvent(new CustomEvent("draft:restored"));
      });
    });
    notice.append(text, over);
    (this.form?.querySelector(".form") ?? this.form)?.prepend(notice);
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

/** @param {Control} control */
function isTick(control) {
  return control.type === "checkbox" || control.type === "radio";
}
