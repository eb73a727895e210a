// Sends what waited for a connection, and reads what became of it.

import htmx from "htmx.org";
import { dropEntry, keepEntry } from "./entries.js";
import { show } from "./live.js";

/** @typedef {import("./entries.js").Entry} Entry */

/** Milliseconds after which there is no answer. */
const PATIENCE = 20_000;

/** @param {Entry} entry; @returns {Promise<"arrived" | "waits" | "refused" | "signed out">} */
export async function deliver(entry) {
  const answer = await post(entry, entry.address);
  if (!answer || answer.status >= 500) return "waits";
  if (answer.status === 401) return "signed out";
  const html = await answer.text();
  if (answer.ok) {
    dropEntry(entry.key);
    receive(html);
    return "arrived";
  }
  keepEntry({ ...entry, why: wrongWith(html) });
  return "refused";
}

/**
 * The form with what `entry` holds, as the server draws it: with what was wrong with it, if anything was.
 * @param {Entry} entry; @returns {Promise<string | null>} null = it is not to be had now
 */
export async function formOf(entry) {
  const answer = await post(entry, `${entry.address}/draft`);
  return answer?.ok ? answer.text() : null;
}

/**
 * Post it under the token of the session there is now: one that a page has carried for long may be of an earlier one.
 * @param {Entry} entry @param {string} address; @returns {Promise<Response | null>} null = no answer
 */
async function post(entry, address) {
  const body = new URLSearchParams(entry.fields.map(([name, value]) => [name, value]));
  body.set("request_key", entry.key);
  body.set("entry", entry.key);
  const send = () =>
    fetch(address, { method: "POST", body, headers: headers(), signal: AbortSignal.timeout(PATIENCE) });
  try {
    const answer = await send();
    if (answer.status !== 400) return answer;
    return (await renewToken()) ? await send() : new Response("", { status: 401 });
  } catch {
    return null;
  }
}

/** @returns {Record<string, string>} */
const headers = () => ({
  "HX-Request": "true",
  "HX-Current-URL": location.href,
  ...JSON.parse(document.body.getAttribute("hx-headers") ?? "{}"),
});

/** @returns {Promise<boolean>} whether the same person is still signed in, whose token this page has from now on */
async function renewToken() {
  const answer = await fetch("/interactions/new", { signal: AbortSignal.timeout(PATIENCE) });
  const { body } = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = body.getAttribute("hx-headers");
  if (!token || body.dataset.person !== document.body.dataset.person) return false;
  document.body.setAttribute("hx-headers", token);
  return true;
}

/** Shows what the answer to a post brings: what was done, and the page as it is now. @param {string} html */
function receive(html) {
  const toasts = new DOMParser().parseFromString(html, "text/html").querySelectorAll("#toasts > .toast");
  for (const toast of toasts) {
    document.getElementById("toasts")?.append(toast);
    htmx.process(toast);
  }
  if (document.getElementById("content")) show("content", html);
}

/** @param {string} html of a refused form, or of a refusal; @returns {string} the first thing that is wrong */
function wrongWith(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const said = page.querySelector("[data-summary] li") ?? page.querySelector(".toast > span");
  return said?.textContent?.trim() || "It could not be saved as it is.";
}
