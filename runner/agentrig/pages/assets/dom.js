// Elements without markup in strings: what a test has said is text, whatever it holds.

/**
 * @typedef {Node | string | number | null | undefined | false | any[]} Child
 * @typedef {Record<string, any>} Attributes
 */

/**
 * @template {Element} E
 * @param {E} element
 * @param {Attributes | null} attributes a function is a listener (`onclick`), `true` an attribute
 *   without value; null, undefined and false leave it out; `tip` is shown on hover and focus
 * @param {Child[]} children
 * @returns {E}
 */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "tip") element.setAttribute("data-tip", String(value));
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/**
 * Make an HTML element: `h("a", {href: "#x"}, "text", h("b", null, 1))`.
 * @param {string} tag
 * @param {Attributes | null} [attributes]
 * @param {...Child} children
 * @returns {any}
 */
function h(tag, attributes = null, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/**
 * Make an SVG element.
 * @param {string} tag
 * @param {Attributes | null} [attributes]
 * @param {...Child} children
 * @returns {any}
 */
function svg(tag, attributes = null, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/**
 * A link, unless its address would run something or leave for what is no page.
 * @param {string} address
 * @param {Attributes | null} attributes
 * @param {...Child} children
 */
function safeLink(address, attributes, ...children) {
  const scheme = /^\s*([a-z][a-z0-9+.-]*):/i.exec(address);
  if (scheme && !/^https?$/i.test(scheme[1])) return h("span", attributes, ...children);
  return h("a", { ...attributes, href: address, rel: "noreferrer" }, ...children);
}

/**
 * A table with its heads; a column whose name ends with `#` is of numbers, and "" is for bars.
 * @param {string} caption for screen readers, unless `shown`
 * @param {string[]} columns
 * @param {Child[][]} rows the first cell of each names the row
 * @param {{shown?: boolean}} [options]
 */
function dataTable(caption, columns, rows, { shown = false } = {}) {
  const kinds = columns.map((name) => (name.endsWith("#") ? "number" : null));
  return h(
    "table",
    null,
    h("caption", { class: shown ? null : "visually-hidden" }, caption),
    h(
      "thead",
      null,
      h("tr", null, columns.map((name, index) =>
        name ? h("th", { scope: "col", class: kinds[index] }, name.replace(/#$/, "")) : h("td"))),
    ),
    h("tbody", null, rows.map((row) =>
      h("tr", null, row.map((cell, index) =>
        index === 0
          ? h("th", { scope: "row", class: kinds[0] }, cell)
          : h("td", { class: kinds[index] }, cell))))),
  );
}

/**
 * Say something to screen readers, in the page's one live region.
 * @param {string} text
 */
function announce(text) {
  const region = document.getElementById("live") ??
    h("div", { id: "live", role: "status", "aria-live": "polite", class: "visually-hidden" });
  if (!region.isConnected) document.body.append(region);
  region.textContent = text;
}
