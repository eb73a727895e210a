// One press, one post: while a form is on its way its button says so and a second press does nothing.

/** Milliseconds after which a post that led nowhere (stopped by hand) may be tried again; its key keeps it single. */
const PATIENCE = 10_000;

/** @type {WeakMap<HTMLFormElement, HTMLElement | null>} */
const underway = new WeakMap();

/** @param {HTMLFormElement} form */
function release(form) {
  underway.get(form)?.removeAttribute("aria-busy");
  underway.delete(form);
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
    if (underway.has(form)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    event.submitter?.setAttribute("aria-busy", "true");
    underway.set(form, event.submitter);
    setTimeout(() => release(form), PATIENCE);
  },
  { capture: true },
);

for (const over of ["htmx:afterRequest", "htmx:sendAbort", "htmx:validation:halted"])
  document.addEventListener(over, (event) => {
    if (event.target instanceof HTMLFormElement) release(event.target);
  });

// Back to a page that the browser kept: its forms can be sent again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) [...document.forms].forEach(release);
});
