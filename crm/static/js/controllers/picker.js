import { Controller } from "@hotwired/stimulus";

/** Milliseconds of quiet before a search is sent. */
const PAUSE = 150;

/** A field that suggests while typing: combobox and listbox. Its markup is components/picker.html. */
export default class PickerController extends Controller {
  connect() {
    this.value = /** @type {HTMLInputElement} */ (this.targets.find("value"));
    this.picked = /** @type {HTMLElement} */ (this.targets.find("picked"));
    this.what = /** @type {HTMLElement} */ (this.targets.find("what"));
    this.text = /** @type {HTMLInputElement} */ (this.targets.find("text"));
    this.list = /** @type {HTMLElement} */ (this.targets.find("options"));
    this.said = /** @type {HTMLElement} */ (this.targets.find("said"));
    this.targets.find("plain")?.remove(); // what does the same without scripts would be posted too
    this.value.disabled = false;
    this.before = { value: this.value.dataset.was ?? this.value.defaultValue, html: this.what.innerHTML };
    this.over = new AbortController();
    this.value.addEventListener("draft:restored", () => this.showRestored(), { signal: this.over.signal });
    if (this.value.dataset.said) this.showRestored();
  }

  disconnect() {
    this.request?.abort();
    clearTimeout(this.timer);
    this.over?.abort();
  }

  search() {
    clearTimeout(this.timer);
    this.request?.abort();
    const query = this.text?.value.trim() ?? "";
    if (query.length < Number(this.data.get("least-value"))) this.close();
    else this.timer = setTimeout(() => this.ask(query), PAUSE);
  }

  /** @param {string} query */
  async ask(query) {
    this.request = new AbortController();
    const address = new URL(this.data.get("url-value") ?? "", location.href);
    address.searchParams.set("q", query);
    try {
      const answer = await fetch(address, { headers: { "HX-Request": "true" }, signal: this.request.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      this.show(await answer.text());
    } catch (error) {
      if (error instanceof Error && error.name !== "AbortError")
        this.show("", "The search does not answer. Try again.");
    }
  }

  /** @param {string} html @param {string} [instead] said in its place */
  show(html, instead) {
    if (!this.list || !this.text || !this.said) return;
    this.list.innerHTML = html;
    if (instead) this.list.textContent = instead;
    this.list.hidden = false;
    this.text.setAttribute("aria-expanded", "true");
    const n = this.choices().length;
    this.said.textContent = n ? `${n} found, arrows to choose` : (this.list.textContent ?? "").trim();
    this.light(this.choices()[0]);
  }

  close() {
    if (!this.list || !this.text) return;
    this.list.hidden = true;
    this.text.setAttribute("aria-expanded", "false");
    this.text.removeAttribute("aria-activedescendant");
  }

  /** @returns {HTMLElement[]} */
  choices() {
    return [...(this.list?.querySelectorAll("[role='option']") ?? [])].filter(
      (one) => one instanceof HTMLElement,
    );
  }

  /** @returns {HTMLElement | undefined} the suggestion that Enter would take */
  lit() {
    return this.choices().find((one) => one.getAttribute("aria-selected") === "true");
  }

  /** @param {HTMLElement | undefined} option */
  light(option) {
    this.choices().forEach((one) => one.setAttribute("aria-selected", String(one === option)));
    if (!option) return;
    this.text?.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter") event.preventDefault(); // chooses here, never sends the form
    if (this.list && !this.list.hidden) this.keyInList(event);
    else if (event.key === "ArrowDown") this.search();
  }

  /** @param {KeyboardEvent} event */
  keyInList(event) {
    const lit = this.lit();
    if (event.key === "Enter" && lit) {
      this.take(lit);
    } else if (event.key === "Escape") {
      event.preventDefault(); // closes the list, not the dialog around it
      this.close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const all = this.choices();
      const from = lit ? all.indexOf(lit) : -1;
      this.light(all.at((from + (event.key === "ArrowDown" ? 1 : -1)) % all.length));
    }
  }

  leave() {
    this.close();
  }

  /** The field keeps the focus while a suggestion is pressed. @param {MouseEvent} event */
  stay(event) {
    event.preventDefault();
  }

  /** @param {MouseEvent} event */
  choose(event) {
    const option = event.target instanceof Element ? event.target.closest("[role='option']") : null;
    if (option instanceof HTMLElement) this.take(option);
  }

  /** @param {HTMLElement} option */
  take(option) {
    if (!this.value || !this.what || !this.picked || !this.text) return;
    this.value.value = option.dataset.value ?? "";
    this.value.dataset.said = option.innerText
      .split(/\s*\n\s*/)
      .filter(Boolean)
      .join(" · ");
    this.what.innerHTML = option.innerHTML;
    this.fold(true);
    this.picked.querySelector("button")?.focus();
    this.value.dispatchEvent(new Event("change", { bubbles: true }));
  }

  change() {
    if (!this.value || !this.text) return;
    this.value.value = "";
    delete this.value.dataset.said;
    this.fold(false);
    this.text.focus();
    this.text.select();
    this.value.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** @param {boolean} isPicked */
  fold(isPicked) {
    this.close();
    if (this.picked) this.picked.hidden = !isPicked;
    if (this.text) this.text.hidden = isPicked;
  }

  /** A draft came back: its words stand in for the suggestion they were taken from. */
  showRestored() {
    if (!this.value || !this.what || !this.before) return;
    if (this.value.value === this.before.value) this.what.innerHTML = this.before.html;
    else this.what.textContent = this.value.dataset.said ?? this.value.value;
    this.fold(this.value.value !== "");
  }
}
