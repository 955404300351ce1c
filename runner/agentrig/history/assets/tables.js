// Long tables, and tables on small screens.

/**
 * A table that becomes a list on a phone.
 * @param {string} caption
 * @param {string[]} columns
 * @param {Child[][]} rows
 */
function listTable(caption, columns, rows) {
  const table = dataTable(caption, columns, rows);
  for (const row of table.tBodies[0].rows) {
    [...row.cells].forEach((cell, index) => {
      if (index && columns[index]) cell.dataset.column = columns[index].replace(/#$/, "");
      if (cell.querySelector(".strip")) cell.classList.add("strip-cell");
    });
  }
  return h("div", { class: "stacked" }, table);
}

/**
 * The first of many rows, and a button for more of them.
 * @template T
 * @param {T[]} items
 * @param {number} first
 * @param {(some: T[]) => Node} draw
 */
function some(items, first, draw) {
  const box = h("div", { class: "stack" });
  const show = (/** @type {number} */ count) => {
    box.replaceChildren(draw(items.slice(0, count)));
    if (count < items.length) {
      box.append(h("div", null, h("button", { type: "button", class: "button is-small no-print", onclick: () => { show(count * 4); announce(`${Math.min(items.length, count * 4)} shown`); } },
        `Show more of ${items.length.toLocaleString("en")}`)));
    }
  };
  show(first);
  return box;
}
