// One or more values over a sequence, such as the runs of a week.

/**
 * @typedef {{y: number | null, tip?: string, href?: string}} LinePoint null: nothing measured
 */

/**
 * @param {object} options
 * @param {string} options.title
 * @param {string} [options.note]
 * @param {string} options.description
 * @param {string} options.axis what the labels are, such as "Run"
 * @param {string[]} options.labels one per place of the sequence
 * @param {{name: string, points: LinePoint[], class?: string}[]} options.series points in the order of `labels`
 * @param {(value: number) => string} [options.format]
 * @param {[number, number]} [options.domain] of y; without it from 0 to the highest
 * @param {number} [options.height]
 */
function lineChart({ title, note, description, axis, labels, series, format = formatNumber, domain, height = 200 }) {
  const named = series.map((one, index) => ({ ...one, class: one.class ?? `series-${(index % 6) + 1}` }));
  const values = named.flatMap(({ points }) => points.map(({ y }) => y).filter((y) => y !== null));
  const [low, high] = domain ?? [0, Math.max(...values, 0) || 1];
  return chartFigure({
    title, note, description, height, legend: named,
    columns: [axis, ...named.map(({ name }) => `${name}#`)],
    rows: () => labels.map((label, index) => [label, ...named.map(({ points }) => {
      const point = points[index];
      const text = point && point.y !== null ? format(point.y) : "–";
      return point?.href ? h("a", { href: point.href }, text) : text;
    })]),
    draw: (drawing, width) => {
      const left = 56, right = width - 10, bottom = height - 22;
      const y = linearScale(low, high, bottom, 8, 4);
      const x = (/** @type {number} */ index) => labels.length < 2 ? (left + right) / 2 : left + 8 + (index / (labels.length - 1)) * (right - left - 16);
      drawRules(drawing, y, { left, right }, format);
      for (const index of thinned(labels.map((_, at) => at), right - left, 84)) {
        drawing.append(svg("text", { x: x(index), y: height - 4, "text-anchor": "middle", "aria-hidden": "true" }, labels[index]));
      }
      for (const one of named) drawLine(drawing, one, x, y.at);
      linePoints(drawing, named, labels, x, y.at, format);
    },
  });
}

/**
 * @param {SVGElement} drawing
 * @param {{points: LinePoint[], class: string}} series
 * @param {(index: number) => number} x
 * @param {(value: number) => number} y
 */
function drawLine(drawing, series, x, y) {
  let path = "";
  let pen = "M";
  series.points.forEach((point, index) => {
    if (point.y === null) {
      pen = "M";
      return;
    }
    path += `${pen}${x(index).toFixed(1)} ${y(point.y).toFixed(1)}`;
    pen = "L";
  });
  drawing.append(svg("path", { class: `line ${series.class}`, d: path }));
}

/**
 * @param {SVGElement} drawing
 * @param {{name: string, points: LinePoint[], class: string}[]} series
 * @param {string[]} labels
 * @param {(index: number) => number} x
 * @param {(value: number) => number} y
 * @param {(value: number) => string} format
 */
function linePoints(drawing, series, labels, x, y, format) {
  const group = svg("g");
  for (const one of series) {
    one.points.forEach((point, index) => {
      if (point.y === null) return;
      const tip = point.tip ?? `${labels[index]}\n${one.name}: ${format(point.y)}`;
      const dot = svg("circle", { class: `point ${one.class}`, cx: x(index), cy: y(point.y), r: one.points.length > 60 ? 2.5 : 4 });
      group.append(markOf(dot, tip, point.href, !group.firstChild));
    });
  }
  drawing.append(group);
  roving(group, "[tabindex]");
}

/**
 * A drawn mark that can be focused, and followed if it has an address.
 * @param {SVGElement} shape
 * @param {string} tip
 * @param {string | undefined} href
 * @param {boolean} first whether it is the one of its group in the tab order
 */
function markOf(shape, tip, href, first) {
  const attributes = { tip, tabindex: first ? "0" : "-1", "aria-label": tip.replaceAll("\n", ", ") };
  if (href) return svg("a", { ...attributes, href }, shape);
  return svg("g", { ...attributes, role: "img" }, shape);
}
