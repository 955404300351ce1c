// Points of two numbers, such as a score and the time that it took.

/**
 * @typedef {{x: number, y: number, tip: string, href?: string, class?: string}} ScatterPoint
 */

/**
 * @param {object} options
 * @param {string} options.title
 * @param {string} [options.note]
 * @param {string} options.description
 * @param {{name: string, format?: (value: number) => string}} options.x
 * @param {{name: string, format?: (value: number) => string}} options.y
 * @param {ScatterPoint[]} options.points
 * @param {number} [options.height]
 */
function scatterChart({ title, note, description, x, y, points, height = 220 }) {
  const formatX = x.format ?? formatNumber;
  const formatY = y.format ?? formatNumber;
  const range = (/** @type {number[]} */ values) => /** @type {[number, number]} */ ([Math.min(...values), Math.max(...values)]);
  return chartFigure({
    title, note, description, height,
    columns: ["Point", `${x.name}#`, `${y.name}#`],
    rows: () => points.map((point) => {
      const [name] = point.tip.split("\n");
      return [point.href ? h("a", { href: point.href }, name) : name, formatX(point.x), formatY(point.y)];
    }),
    draw: (drawing, width) => {
      const left = 56, right = width - 12, bottom = height - 22;
      const [lowX, highX] = range(points.map((point) => point.x));
      const [lowY, highY] = range(points.map((point) => point.y));
      const across = linearScale(lowX, highX, left + 6, right - 6, Math.max(2, Math.floor(width / 110)));
      const up = linearScale(Math.min(0, lowY), highY, bottom, 10, 4);
      drawRules(drawing, up, { left, right }, formatY);
      for (const tick of across.ticks) {
        drawing.append(svg("text", { x: across.at(tick), y: height - 4, "text-anchor": "middle", "aria-hidden": "true" }, formatX(tick)));
      }
      const group = svg("g");
      [...points].sort((one, other) => one.x - other.x).forEach((point, index) => {
        const dot = svg("circle", { class: `point ${point.class ?? "series-1"}`, cx: across.at(point.x), cy: up.at(point.y), r: 4 });
        group.append(markOf(dot, point.tip, point.href, index === 0));
      });
      drawing.append(group);
      roving(group, "[tabindex]");
    },
  });
}
