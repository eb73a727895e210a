// htmx: its settings, and what happens when an answer is not the one hoped for.

import htmx from "htmx.org";
import { say } from "./notices.js";

Object.assign(htmx.config, {
  includeIndicatorStyles: false, // would be an inline style
  allowEval: false,
  allowScriptTags: false,
  historyCacheSize: 0, // pages are one person's: none stays behind in the browser's storage
  refreshOnHistoryMiss: true,
  defaultSwapStyle: "outerHTML", // a fragment has one root and replaces itself
  defaultSettleDelay: 0, // what has arrived can be pressed at once: until it settles htmx does not know its links
  timeout: 20_000,
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "4(09|22)", swap: true }, // the same form again, with what is wrong beside its fields
    { code: "[45]..", swap: false, error: true },
  ],
});

/** @typedef {CustomEvent<{ xhr: XMLHttpRequest, elt: Element, target: Element, shouldSwap: boolean, isError: boolean }>} Answered */
/** @typedef {CustomEvent<{ elt: Element, requestConfig: { verb: string } }>} Failed */

/** @param {string} type @param {(event: any) => void} handle */
const on = (type, handle) => document.addEventListener(type, handle);

on("htmx:beforeSwap", (/** @type {Answered} */ event) => {
  const { xhr, elt } = event.detail;
  if (xhr.status === 401) {
    // The session is over. The same post as a whole page: the sign-in page keeps it and goes on afterwards.
    event.detail.shouldSwap = false;
    event.detail.isError = false;
    const form = elt.closest("form");
    if (form && form.method === "post") HTMLFormElement.prototype.submit.call(form);
    else location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  } else if (event.detail.isError && xhr.getResponseHeader("HX-Retarget")) {
    event.detail.shouldSwap = true; // our own refusal, as a toast
  } else if (event.detail.isError) {
    say("Something boiled over on our side. Nothing was saved, your text is kept. Try again in a minute.");
  }
});

on("htmx:sendError", (/** @type {Failed} */ event) => noAnswer(event));
on("htmx:timeout", (/** @type {Failed} */ event) => noAnswer(event));

/** @param {Failed} event */
function noAnswer(event) {
  const why = navigator.onLine ? "the server does not answer" : "you are offline";
  const isReading = event.detail.requestConfig.verb === "get";
  say(isReading ? `Not loaded, ${why}. Try again in a minute.` : `Not saved, ${why}. Your text is kept.`);
}

// A refused form says so first: the summary over it takes the focus.
on("htmx:afterSettle", (event) => {
  const summary = event.target instanceof Element ? event.target.querySelector("[data-summary]") : null;
  if (summary instanceof HTMLElement) summary.focus();
});
