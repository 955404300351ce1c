// Stacked columns over a sequence, such as the outcomes of each run.

/**
 * @typedef {{label: string, href?: string, tip?: string, parts: number[]}} Column
 */

/**
 * @param {object} options
 * @param {string} options.title
 * @param {string} [options.note]
 * @param {string} options.description
 * @param {string} options.axis what the columns are, such as "Run"
 * @param {{name: string, class: string}[]} options.parts from the bottom up, such as `{name: "passed", class: "is-passed"}`
 * @param {Column[]} options.columns
 * @param {(value: number) => string} [options.format]
 * @param {number} [options.height]
 */
function columnChart({ title, note, description, axis, parts, columns, format = formatNumber, height = 180 }) {
  const sum = (/** @type {Column} */ column) => column.parts.reduce((all, one) => all + one, 0);
  const high = Math.max(1, ...columns.map(sum));
  return chartFigure({
    title, note, description, height, legend: parts,
    columns: [axis, ...parts.map(({ name }) => `${name}#`)],
    rows: () => columns.map((column) => [
      column.href ? h("a", { href: column.href }, column.label) : column.label,
      ...column.parts.map(format)]),
    draw: (drawing, width) => {
      const left = 48, right = width - 4, bottom = height - 22;
      const y = linearScale(0, high, bottom, 8, 4);
      drawRules(drawing, y, { left, right }, format);
      const slot = (right - left) / Math.max(1, columns.length);
      const wide = Math.max(1, Math.min(36, slot - (slot > 5 ? 2 : 0.5)));
      const group = svg("g");
      columns.forEach((column, index) => {
        const shapes = svg("g");
        let below = 0;
        column.parts.forEach((value, part) => {
          if (!value) return;
          const top = y.at(below + value);
          shapes.append(svg("rect", {
            class: `bar ${parts[part].class}`, x: left + (index + 0.5) * slot - wide / 2, width: wide,
            y: top, height: Math.max(0.5, y.at(below) - top),
          }));
          below += value;
        });
        const said = parts.map(({ name }, part) => column.parts[part] && `${name} ${format(column.parts[part])}`).filter(Boolean);
        group.append(markOf(shapes, column.tip ?? [column.label, ...said].join("\n"), column.href, index === 0));
      });
      drawing.append(group);
      roving(group, "[tabindex]");
      for (const index of thinned(columns.map((_, at) => at), right - left, 84)) {
        drawing.append(svg("text", { x: left + (index + 0.5) * slot, y: height - 4, "text-anchor": "middle", "aria-hidden": "true" }, columns[index].label));
      }
    },
  });
}
