// Live updates: what somebody else commits stands on this page within a second.
//   <div id="due" data-live="interactions opportunities:31" data-live-url="/dashboard/due">
// data-live: the tables, or single rows of them, that the fragment tells of. data-live-url: where it comes from, else
// the page itself. Whoever is typing in a fragment keeps it as it is, and is told that there is something new.

import htmx from "htmx.org";
import { placeOf, refocus } from "./focus.js";

/** Milliseconds that lie at least between two fetches: a storm of changes is not fetched more often than this. */
const PAUSE = 350;
/** So many times the time that the last fetch took lies between two: a server at work is asked less often. */
const RESPITE = 4;
/** Milliseconds within which each page begins by itself, so that all open pages do not ask at one moment. */
const SPREAD = 100;
/** Milliseconds after which an address without live updates is tried again; doubled each time up to the longest. */
const AWAY = 60_000;
const LONGEST_AWAY = 600_000;

/** @type {EventSource | null} */
let stream = null;
/** @type {Set<string>} ids of fragments that are older than what was committed */
const stale = new Set();
/** @type {Set<string>} ids of those whose new text waits for somebody who is typing */
const held = new Set();
/** @type {Set<string>} ids of those that are to be shown whatever is typed there: somebody asked */
const asked = new Set();
/** The moment, by the server's clock, from which on changes are to be told; 0 = it is not known what was missed. */
let since = document.body.dataset.since ?? "0";
let isFetching = false;
let nextFetch = 0;
let away = AWAY;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @returns {HTMLElement[]} the fragments that want to stay true; one inside another is drawn by that one */
const fragments = () =>
  /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-live][id]")]).filter(
    (one) => !one.parentElement?.closest("[data-live][id]:not([data-live-url])"),
  );

/** Whether the fragment tells of what changed. @param {HTMLElement} fragment @param {Map<string, string[]>} changes */
function tellsOf(fragment, changes) {
  return (fragment.dataset.live ?? "").split(/\s+/).some((wanted) => {
    const [kind, number] = wanted.split(":");
    const numbers = changes.get(kind);
    return numbers !== undefined && (!number || numbers.includes("*") || numbers.includes(number));
  });
}

/** @param {string} event "resync", or "interactions:12,13 opportunities:*" */
function hear(event) {
  if (event === "resync") {
    fragments().forEach((one) => stale.add(one.id));
  } else {
    const changes = new Map(
      event.split(" ").map((one) => {
        const [kind, numbers] = one.split(":");
        return [kind, (numbers ?? "*").split(",")];
      }),
    );
    fragments()
      .filter((one) => tellsOf(one, changes))
      .forEach((one) => stale.add(one.id));
  }
  if (stale.size) soon();
}

function soon() {
  if (timer !== undefined || isFetching) return;
  timer = setTimeout(() => void refresh(), Math.max(0, nextFetch - Date.now()) + Math.random() * SPREAD);
}

/** Fetches every fragment that is stale; those that come from one address come at once. */
async function refresh() {
  timer = undefined;
  if (document.hidden) return;
  isFetching = true;
  const begun = Date.now();
  const ids = [...stale];
  stale.clear();
  await Promise.all(ids.map((id) => fetchOne(id)));
  isFetching = false;
  nextFetch = begun + Math.max(PAUSE, RESPITE * (Date.now() - begun));
  if (stale.size) soon();
}

/** @param {string} id */
async function fetchOne(id) {
  const fragment = document.getElementById(id);
  if (!fragment) return;
  const address = fragment.dataset.liveUrl ?? location.pathname + location.search;
  try {
    const answer = await fetch(address, {
      headers: { "HX-Request": "true", "HX-Live": "true", "HX-Current-URL": location.href },
    });
    if (answer.status === 401 || answer.redirected) return stop();
    if (!answer.ok) return;
    const html = await answer.text();
    // Somebody asked for something else there meanwhile: what we bring is not it, and would take its place away.
    if (document.getElementById(id) !== fragment || isAsking(fragment)) stale.add(id);
    else show(id, html);
  } catch {
    stale.add(id); // the line is away: the stream comes back, and with it a resync
  }
}

/** Shows the fragment as it stands in an answer, if nobody is at it. @param {string} id @param {string} html */
export function show(id, html) {
  const fragment = document.getElementById(id);
  if (!fragment) return;
  if (!asked.delete(id) && isBusy(fragment)) return hold(id);
  const page = new DOMParser().parseFromString(html, "text/html");
  const came = page.getElementById(id);
  if (!came) return;
  held.delete(id);
  came.removeAttribute("hx-swap-oob"); // in the answer to a post it says itself where it belongs
  const focus = placeOf(document.activeElement, fragment);
  const open = [...fragment.querySelectorAll("details[open][id]")].map((one) => one.id);
  const scrolled = scrolls(fragment);
  const at = window.scrollY;
  // The answer may be more than the fragment; what belongs elsewhere on the page says so.
  const parts = [came, ...page.querySelectorAll("[data-badge][hx-swap-oob]")].map((one) => one.outerHTML);
  htmx.swap(fragment, parts.join(""), {
    swapStyle: "outerHTML",
    swapDelay: 0,
    settleDelay: 0,
    transition: false,
  });
  const fresh = document.getElementById(id);
  if (!fresh) return;
  for (const name of open) document.getElementById(name)?.setAttribute("open", "");
  for (const [name, left, top] of scrolled) document.getElementById(name)?.scrollTo(left, top);
  if (focus) refocus(fresh, focus);
  if (window.scrollY !== at) window.scrollTo({ top: at, behavior: "instant" });
  fresh.dispatchEvent(new CustomEvent("live:shown", { bubbles: true }));
}

/** Where the answers to requests that somebody made will stand. @type {Map<XMLHttpRequest, Element>} */
const awaited = new Map();

/** Whether an answer that somebody asked for will stand in the fragment, or around it. @param {HTMLElement} fragment */
const isAsking = (fragment) =>
  [...awaited.values()].some((place) => place.contains(fragment) || fragment.contains(place));

document.addEventListener("htmx:beforeSend", (event) => {
  const { xhr, target } = /** @type {CustomEvent} */ (event).detail;
  awaited.set(xhr, target);
});
document.addEventListener("htmx:afterRequest", (event) => {
  awaited.delete(/** @type {CustomEvent} */ (event).detail.xhr);
});

/** Whether somebody is at something in the fragment that a new text would take from them. @param {HTMLElement} fragment */
function isBusy(fragment) {
  const at = document.activeElement;
  const isField = at?.matches(
    "input:not([type='checkbox'], [type='radio']), textarea, select, [contenteditable]",
  );
  if (isField && fragment.contains(at)) return true;
  if (fragment.dataset.liveGrown !== undefined) return true;
  if (fragment.querySelector("dialog[open], :popover-open, .sortable-chosen, [aria-busy='true']"))
    return true;
  return [...fragment.querySelectorAll("input, textarea, select")].some(isChanged);
}

/** Whether a field holds what nobody saved. @param {Element} field */
function isChanged(field) {
  if (field instanceof HTMLInputElement) {
    if (field.type === "hidden") return false;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    return field.value !== field.defaultValue;
  }
  if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
  if (!(field instanceof HTMLSelectElement)) return false;
  const options = [...field.options];
  return (
    options.some((one) => one.defaultSelected) && options.some((one) => one.selected !== one.defaultSelected)
  );
}

/** Keeps the fragment as it is, and says that there is something new. @param {string} id */
function hold(id) {
  held.add(id);
  const template = document.getElementById("live-news");
  if (document.querySelector(".live-news") || !(template instanceof HTMLTemplateElement)) return;
  document.getElementById("toasts")?.append(template.content.cloneNode(true));
}

/** Shows what waited: asked for, or because whoever was typing is done. @param {boolean} isAsked */
function release(isAsked) {
  for (const id of held) {
    const fragment = document.getElementById(id);
    if (isAsked) asked.add(id);
    else if (!fragment || isBusy(fragment)) continue;
    held.delete(id);
    stale.add(id);
  }
  if (!held.size) document.querySelectorAll(".live-news").forEach((one) => one.remove());
  if (stale.size) soon();
}

/** @param {HTMLElement} fragment; @returns {[id: string, left: number, top: number][]} what was scrolled in it */
function scrolls(fragment) {
  return [fragment, ...fragment.querySelectorAll("[id]")]
    .filter((one) => one.scrollTop || one.scrollLeft)
    .map((one) => [one.id, one.scrollLeft, one.scrollTop]);
}

function start() {
  if (stream || document.hidden || !fragments().length) return;
  stream = new EventSource(`/live?since=${since}`);
  stream.addEventListener("message", (event) => {
    away = AWAY;
    hear(event.data);
  });
  stream.addEventListener("error", () => {
    // While it is connecting the browser tries again by itself; closed means that there are no live updates here now.
    if (stream?.readyState !== EventSource.CLOSED) return;
    stop();
    setTimeout(start, away * (1 + Math.random()));
    away = Math.min(2 * away, LONGEST_AWAY);
  });
}

function stop() {
  stream?.close();
  stream = null;
  since = "0";
}

// A page that nobody sees asks for nothing, and leaves its line to those that are seen: a browser has but six for one
// address. When it is seen again, it is made true first.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) stop();
  else start();
});
window.addEventListener("pagehide", stop);
window.addEventListener("pageshow", (event) => {
  if (event.persisted) start();
});

// Earlier parts that somebody asked for would be gone with the next drawing: they stay until it is asked for, too.
document.addEventListener("htmx:afterSwap", (event) => {
  const { requestConfig, target } = /** @type {CustomEvent} */ (event).detail;
  const around = target instanceof Element ? target.parentElement?.closest("[data-live][id]") : null;
  if (requestConfig?.verb === "get" && around instanceof HTMLElement) around.dataset.liveGrown = "";
});
document.addEventListener("focusout", () => setTimeout(() => release(false)));
document.addEventListener("htmx:afterSettle", () => release(false));
document.addEventListener("toggle", () => release(false), { capture: true });
document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-live-show]")) release(true);
});

start();
