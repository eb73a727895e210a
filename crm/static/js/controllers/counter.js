import { Controller } from "@hotwired/stimulus";

/** Counts the characters of a text against the most that is taken; says so aloud at 90 % and at 100 % only. */
export default class CounterController extends Controller {
  connect() {
    this.share = 0;
    this.count();
  }

  count() {
    const text = /** @type {HTMLTextAreaElement} */ (this.target("text"));
    const n = [...text.value].length; // characters as the server counts them
    const most = this.number("most");
    const soft = this.number("soft");
    const shown = this.target("shown");
    const sum = `${n.toLocaleString("en-US")} of ${most.toLocaleString("en-US")}`;
    shown.textContent = soft && n >= soft && n <= most ? `${sum}, long for a note` : sum;
    shown.toggleAttribute("data-near", n >= most * 0.9 && n <= most);
    shown.toggleAttribute("data-over", n > most);
    const share = n >= most ? 100 : n >= most * 0.9 ? 90 : 0;
    if (share > (this.share ?? 0)) this.target("said").textContent = `${sum} characters`;
    this.share = share;
  }

  /** @param {string} name; @returns {HTMLElement} */
  target(name) {
    return /** @type {HTMLElement} */ (this.targets.find(name));
  }

  /** @param {"most" | "soft"} name; @returns {number} */
  number(name) {
    return Number(this.data.get(`${name}-value`) ?? 0);
  }
}
