// Keys of the page, and the dialog that lists them.

/**
 * @typedef {{keys: string[], does: string, run: (event: KeyboardEvent) => void}} Shortcut
 */

/**
 * Listen to the shortcuts and `?`; give the button that shows the list. They rest while somebody
 * types, and with a modifier held, which are the browser's and the screen reader's.
 * @param {Shortcut[]} shortcuts
 */
function shortcutsButton(shortcuts) {
  const dialog = h(
    "dialog",
    { "aria-labelledby": "keys-title" },
    h("form", { method: "dialog", class: "stack" },
      h("h2", { id: "keys-title" }, "Keyboard shortcuts"),
      dataTable("Keyboard shortcuts", ["Key", "What it does"],
        [...shortcuts, { keys: ["?"], does: "show this list" }].map(({ keys, does }) => [
          h("span", { class: "cluster" }, keys.map((key) => h("kbd", null, key))), does])),
      h("div", null, h("button", { class: "button", value: "close" }, "Close"))),
  );
  document.body.append(dialog);
  const show = () => dialog.open || dialog.showModal();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    const target = /** @type {HTMLElement} */ (event.target);
    const typing = target.matches?.("input, textarea, select, [contenteditable]");
    if (typing && event.key !== "Escape") return;
    if (event.key === "?") {
      event.preventDefault();
      show();
      return;
    }
    shortcuts.find(({ keys }) => keys.includes(event.key))?.run(event);
  });
  return h("button", { type: "button", class: "button is-quiet no-print", onclick: show, tip: "Keyboard shortcuts" },
    h("span", { "aria-hidden": "true" }, "?"), h("span", { class: "visually-hidden" }, "Keyboard shortcuts"));
}

/**
 * Let arrow keys, Home and End walk through the elements of a group, of which one is in the tab order.
 * @param {HTMLElement} group
 * @param {string} selector
 * @param {(element: HTMLElement) => void} [moved]
 */
function roving(group, selector, moved) {
  group.addEventListener("keydown", (event) => {
    const all = /** @type {HTMLElement[]} */ ([...group.querySelectorAll(selector)]);
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (at < 0) return;
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = all[Math.max(0, Math.min(all.length - 1, to))];
    all[at].setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
    moved?.(next);
  });
}
