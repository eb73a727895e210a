import { Controller } from "@hotwired/stimulus";

/**
 * Asks before a page is left with something typed and not saved:
 * <form method="post" data-controller="guard">
 * The browser words the question. Beside "draft" the text is kept in any case.
 */
export default class GuardController extends Controller {
  connect() {
    this.isTouched = false;
    this.over = new AbortController();
    const until = { signal: this.over.signal };
    this.element.addEventListener("input", () => (this.isTouched = true), until);
    this.element.addEventListener("change", () => (this.isTouched = true), until);
    this.element.addEventListener("submit", () => (this.isTouched = false), until);
    window.addEventListener("beforeunload", (event) => this.ask(event), until);
  }

  disconnect() {
    this.over?.abort();
  }

  /** @param {BeforeUnloadEvent} event */
  ask(event) {
    if (this.isTouched) event.preventDefault();
  }
}
