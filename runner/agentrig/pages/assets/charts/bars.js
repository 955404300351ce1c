// Names with a bar each: a table, which screen readers read as one.

/**
 * @typedef {{name: Child, value: number, text: string, class?: string, more?: Child[]}} BarRow
 */

/**
 * @param {object} options
 * @param {string} options.title
 * @param {string} [options.note]
 * @param {string[]} options.columns of the name, of the value, and of what each row has `more`; `#` as in dataTable
 * @param {BarRow[]} options.rows
 */
function barTable({ title, note, columns, rows }) {
  const high = Math.max(...rows.map(({ value }) => value), 0) || 1;
  const [first, second, ...others] = columns;
  const table = dataTable(title, [first, "", second, ...others],
    rows.map(({ name, value, text, class: tone = "series-1", more = [] }) => {
      const bar = h("span", { class: tone });
      bar.style.width = `${(Math.max(0, value) / high) * 100}%`;
      return [name, h("div", { "aria-hidden": "true" }, bar), text, ...more];
    }));
  for (const row of table.rows) row.cells[1].className = "bar-cell";
  return h("figure", { class: "chart" },
    h("figcaption", null, title, note && h("small", null, note)),
    h("div", { class: "scroll-x", tabindex: "0", role: "region", "aria-label": title }, table));
}
