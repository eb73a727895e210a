// Entries that were saved while the line was away: kept on this device until they have arrived, each under the request
// key that makes it arrive once. An entry is one person's; nobody else who signs in here sees it or sends it.

import { dropDraft } from "./drafts.js";

const PREFIX = "kp-entry:";

/**
 * `key`: its request key. `address`: where it is posted to. `said`: what it is, in words. `at`: when it was saved.
 * `why`: what the server found wrong with it, "" while it only waits for a connection.
 * @typedef {{ key: string, address: string, fields: [name: string, value: string, said?: string][], said: string,
 *   at: number, why: string }} Entry
 */

const mine = () => `${PREFIX}${document.body.dataset.person ?? ""}:`;

/** What is typed into an entry that was opened again is a draft of its own. @param {string} key */
export const draftOf = (key) => `entry:${key}`;

/** @param {Entry} entry; @returns {boolean} whether it is kept: storage may be full, or closed to us */
export function keepEntry(entry) {
  try {
    localStorage.setItem(mine() + entry.key, JSON.stringify(entry));
  } catch {
    return false;
  }
  tell();
  return true;
}

/** @param {string} key */
export function dropEntry(key) {
  try {
    localStorage.removeItem(mine() + key);
  } catch {
    // None was kept either.
  }
  dropDraft(draftOf(key));
  tell();
}

/** @returns {Entry[]} those of the person signed in, the oldest first */
export function entries() {
  if (!document.body.dataset.person) return [];
  try {
    return Object.keys(localStorage)
      .filter((name) => name.startsWith(mine()))
      .map((name) => JSON.parse(localStorage.getItem(name) ?? "null"))
      .filter((entry) => entry !== null)
      .sort((one, other) => one.at - other.at);
  } catch {
    return [];
  }
}

function tell() {
  document.dispatchEvent(new CustomEvent("entries:changed"));
}

// Another tab of the same person kept one or sent it.
window.addEventListener("storage", (event) => {
  if (event.key === null || event.key.startsWith(PREFIX)) tell();
});
