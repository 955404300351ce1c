// What all charts have in common: a figure with caption, drawing as wide as it is shown, and table.

/**
 * @typedef {object} ChartFrame
 * @property {string} title
 * @property {string} [note] a line below the title
 * @property {string} description what a screen reader says of the drawing, in a sentence
 * @property {string[]} columns of the table; a name that ends with `#` is of numbers
 * @property {() => Child[][]} rows of the table; made when it is opened
 * @property {number} height in pixels
 * @property {(drawing: SVGElement, width: number) => void} draw fills the empty drawing
 * @property {{name: string, class: string}[]} [legend]
 */

/**
 * @param {ChartFrame} frame
 * @returns {HTMLElement}
 */
function chartFigure({ title, note, description, columns, rows, height, draw, legend = [] }) {
  // A group, not an image: what is inside can be focused.
  const drawing = svg("svg", { role: "group", "aria-label": `${title}: ${description}`, height });
  const table = h("div", { class: "table", tabindex: "0", role: "region", "aria-label": `${title}, table` });
  const details = h("details", {
    class: "no-print",
    ontoggle: () => details.open && !table.firstChild && table.append(dataTable(title, columns, rows())),
  }, h("summary", null, "As a table"), table);
  let width = 0;
  const redraw = () => {
    const now = Math.floor(drawing.getBoundingClientRect().width);
    if (now < 40 || now === width) return;
    width = now;
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    drawing.replaceChildren();
    draw(drawing, width);
  };
  // Not within the observer's own turn: what is drawn may change the size again.
  new ResizeObserver(() => requestAnimationFrame(redraw)).observe(drawing);
  return h("figure", { class: "chart" },
    h("figcaption", null, title, note && h("small", null, note)),
    drawing,
    legend.length > 1 && h("ul", { class: "legend" }, legend.map((one) => h("li", { class: one.class }, one.name))),
    details);
}
