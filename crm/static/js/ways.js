// Where one can go, as the navigation says it: its names and its keys, for the palette and for the help.

/** The name of a link in the navigation, without the figure beside it. @param {Element} link */
export const nameOf = (link) =>
  [...link.childNodes]
    .filter((node) => node.nodeType === Node.TEXT_NODE)
    .map((node) => node.textContent)
    .join("")
    .trim();

/** The keys that lead there: g and a letter, or none. @param {HTMLElement} link; @returns {HTMLElement[]} */
export function keysOf(link) {
  if (!link.dataset.go) return [];
  return ["G", link.dataset.go.toUpperCase()].map((key) => {
    const kbd = document.createElement("kbd");
    kbd.textContent = key;
    return kbd;
  });
}

// The help tells exactly the keys that the navigation has.
const help = document.getElementById("go-keys");
for (const link of document.querySelectorAll(".sidebar .nav a[data-go]")) {
  if (!(link instanceof HTMLElement) || !link.dataset.go) continue;
  const name = document.createElement("dt");
  const keys = document.createElement("dd");
  name.textContent = nameOf(link);
  keysOf(link).forEach((key, n) => keys.append(n ? " " : "", key));
  help?.append(name, keys);
}
