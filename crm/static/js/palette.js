// The palette: Ctrl or ⌘ K, the search box of the sidebar, or data-open="palette". The field is a combobox over the
// listbox that arrives by htmx while somebody types; arrows choose, Enter follows, Esc closes.

import { openDialog, openOne } from "./dialogs.js";
import { keysOf, nameOf } from "./ways.js";

const dialog = document.getElementById("palette");
const text = document.getElementById("palette-text");
const results = document.getElementById("palette-results");
const said = document.getElementById("palette-said");
const pattern = document.getElementById("palette-go");

const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

/** Whether Enter was pressed before what was typed last had its answer. */
let isHurried = false;
/** Whether the answer to what is typed now is still on its way. */
let isWaiting = false;

/** @returns {HTMLElement[]} */
const options = () =>
  /** @type {HTMLElement[]} */ ([...(results?.querySelectorAll("[role='option']") ?? [])]);

/** @returns {HTMLElement | undefined} the option that Enter would follow */
const lit = () => options().find((one) => one.getAttribute("aria-selected") === "true");

/** Opens it, with what was typed elsewhere already. @param {string} [typed] */
function open(typed = "") {
  if (!(text instanceof HTMLInputElement)) return;
  if (!openDialog("palette")) return;
  text.value = typed;
  text.focus();
  begin();
}

/** What stands there when nothing is typed yet. */
function begin() {
  results?.querySelector("#palette-list")?.replaceChildren();
  results?.querySelector(".said")?.remove();
  text?.setAttribute("aria-expanded", "false");
  text?.removeAttribute("aria-activedescendant");
  isHurried = false;
  isWaiting = true;
  text?.dispatchEvent(new Event("palette:opened"));
}

/** @param {HTMLElement | undefined} option */
function light(option) {
  for (const one of options()) one.setAttribute("aria-selected", String(one === option));
  if (option) text?.setAttribute("aria-activedescendant", option.id);
  else text?.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

/** @param {number} by */
function walk(by) {
  const all = options();
  const now = lit();
  const from = now ? all.indexOf(now) : -Math.sign(by) * 0.5 - 0.5;
  light(all.at((from + by) % (all.length || 1)));
}

/** Without case and accents. @param {string} words */
const plain = (words) => words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** @returns {HTMLAnchorElement[]} where one can go whose name has a word that begins with each that was typed */
function ways() {
  const letters = plain(results?.querySelector("[data-letters]")?.getAttribute("data-letters") ?? "");
  const typed = letters.split(/\s+/);
  const links = /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll(".sidebar .nav a, #me a")]);
  return links.filter((link) => {
    const words = plain(nameOf(link)).split(/[\s-]+/);
    return typed.every((one) => words.some((word) => word.startsWith(one)));
  });
}

/** The pages there are, from the navigation itself, so that the two never differ. */
function addWays() {
  const list = document.getElementById("palette-list");
  const found = ways();
  if (!list || !found.length || !(pattern instanceof HTMLTemplateElement)) return;
  const group = document.createElement("div");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Go to");
  const title = document.createElement("h3");
  title.setAttribute("aria-hidden", "true");
  title.textContent = "Go to";
  group.append(title, ...found.map(wayTo));
  list.append(group);
}

/** @param {HTMLAnchorElement} link @param {number} n; @returns {Node} */
function wayTo(link, n) {
  const way = document.importNode(/** @type {HTMLTemplateElement} */ (pattern).content, true);
  const option = /** @type {HTMLAnchorElement} */ (way.firstElementChild);
  option.id = `go-${n}`;
  option.href = link.href;
  const [name, keys] = option.querySelectorAll("span");
  name.textContent = nameOf(link);
  keys.append(...keysOf(link));
  return way;
}

/** What was typed has its answer, or what was typed before that. @param {Event} event */
function arrived(event) {
  const { requestConfig } = /** @type {CustomEvent} */ (event).detail;
  const isLast = requestConfig?.formData?.get("q") === /** @type {HTMLInputElement} */ (text).value;
  isWaiting &&= !isLast;
  addWays();
  const all = options();
  light(all[0]);
  text?.setAttribute("aria-expanded", String(all.length > 0));
  const why = results?.querySelector(".said")?.textContent ?? "";
  if (said) said.textContent = `${why} ${all.length} to choose from, arrows to choose.`.trim();
  if (isWaiting) return;
  if (isHurried) lit()?.click();
  isHurried = false;
}

/** Follows the option that is lit, or the first one of the answer that is still on its way. */
function follow() {
  if (isWaiting) isHurried = true;
  else lit()?.click();
}

/** @type {Record<string, () => void>} */
const KEYS = {
  Enter: follow,
  ArrowDown: () => walk(1),
  ArrowUp: () => walk(-1),
  Escape: () => openOne()?.close(), // the browser would only empty the field
};

/** @param {KeyboardEvent} event */
function pressed(event) {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key]();
}

/** Whether it is Ctrl or ⌘ K. @param {KeyboardEvent} event */
const isOpener = (event) =>
  event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;

if (dialog instanceof HTMLDialogElement && text instanceof HTMLInputElement && results) {
  text.addEventListener("input", () => (isWaiting = true));
  text.addEventListener("keydown", pressed);
  results.addEventListener("keydown", pressed);
  results.addEventListener("htmx:afterSettle", arrived); // earlier htmx would not know the link that is followed
  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"])
    text.addEventListener(failure, () => (isWaiting = isHurried = false));
  // The field keeps the focus while an option is pressed.
  results.addEventListener("mousedown", (event) => event.preventDefault());
  results.addEventListener("click", (event) => {
    const option = event.target instanceof Element ? event.target.closest("[role='option']") : null;
    if (option instanceof HTMLElement && !option.dataset.open) dialog.close();
  });

  document.addEventListener("keydown", (event) => {
    if (!isOpener(event)) return;
    event.preventDefault();
    if (!openOne()) open();
    else if (dialog.open) text.select();
  });
  document.addEventListener("click", (event) => {
    const at = event.target;
    if (!(at instanceof Element)) return;
    if (at.closest("[data-search]")) open();
    else if (at.closest("[data-open='palette']") && dialog.open) open();
  });
  document.addEventListener("input", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || !("search" in box.dataset)) return;
    open(box.value);
    box.value = "";
  });
}

if (isApple) for (const key of document.querySelectorAll("[data-palette-key]")) key.textContent = "⌘K";

/** For key / on a page without a list to search. */
export const openPalette = () => open();
