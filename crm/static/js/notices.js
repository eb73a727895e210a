// News from the browser itself, in the region where toasts stand.

/**
 * @param {string} text what happened and what to do
 * @param {string} [kind] id of the template it is said in: "notice" is bad news, which stays until it is closed
 */
export function say(text, kind = "notice") {
  const region = document.getElementById("toasts");
  const template = document.getElementById(kind);
  if (!region || !(template instanceof HTMLTemplateElement)) return;
  if ([...region.querySelectorAll("span")].some((said) => said.textContent === text)) return;
  const notice = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  const said = notice.querySelector("span");
  if (said) said.textContent = text;
  region.append(notice);
}
