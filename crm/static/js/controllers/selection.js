import { Controller } from "@hotwired/stimulus";

/**
 * Rows of a list that are chosen: one box for all of the page, and how many there are. The bar with what can be done
 * shows by CSS as soon as one is ticked; without scripts it works too, but does not count.
 */
export default class SelectionController extends Controller {
  connect() {
    this.count();
  }

  /** The box in the head was ticked: so are all rows of the page, or none. */
  all() {
    const isOn = this.boxes("all")[0]?.checked ?? false;
    this.boxes("row").forEach((box) => (box.checked = isOn));
    this.count();
  }

  count() {
    const rows = this.boxes("row");
    const chosen = rows.filter((box) => box.checked).length;
    const [all] = this.boxes("all");
    const [every] = this.boxes("every");
    if (every && chosen < rows.length) every.checked = false;
    if (every) every.disabled = chosen < rows.length;
    if (all) {
      all.checked = chosen > 0 && chosen === rows.length;
      all.indeterminate = chosen > 0 && chosen < rows.length;
    }
    const said = this.targets.find("count");
    if (said)
      said.textContent = every?.checked ? (every.closest("label")?.textContent ?? "") : `${chosen} chosen`;
  }

  /** @param {string} name; @returns {HTMLInputElement[]} */
  boxes(name) {
    return /** @type {HTMLInputElement[]} */ (this.targets.findAll(name));
  }
}
