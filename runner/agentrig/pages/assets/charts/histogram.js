// How values are spread, with the percentiles that people ask for.

const SHARES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 };

/**
 * Bins of equal width; of equal ratio (`isLog`) where the values reach over orders of magnitude.
 * @param {number[]} sorted not empty
 * @param {number} count
 */
function binsOf(sorted, count) {
  const low = sorted[0];
  const high = sorted[sorted.length - 1];
  const isLog = low > 0 && high / low > 50;
  const edge = (/** @type {number} */ at) =>
    isLog ? low * (high / low) ** (at / count) : low + ((high - low) * at) / count;
  const bins = Array.from({ length: high > low ? count : 1 }, (_, index) =>
    ({ from: edge(index), to: high > low ? edge(index + 1) : high, count: 0 }));
  for (const value of sorted) {
    const share = isLog ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low || 1);
    bins[Math.min(bins.length - 1, Math.floor(share * bins.length))].count += 1;
  }
  return { bins, isLog, low, high };
}

/**
 * @param {object} options
 * @param {string} options.title
 * @param {string} [options.note]
 * @param {number[]} options.values not empty
 * @param {(value: number) => string} [options.format]
 * @param {string} [options.what] what is counted, such as "steps"
 * @param {number} [options.height]
 */
function histogram({ title, note, values, format = formatNumber, what = "values", height = 170 }) {
  const sorted = Float64Array.from(values).sort();
  const list = Array.from(sorted);
  const { bins, isLog, low, high } = binsOf(list, Math.max(8, Math.min(40, Math.ceil(Math.sqrt(list.length) * 1.5))));
  const marks = Object.entries(SHARES).map(([name, share]) => ({ name, value: percentile(list, share) }));
  const said = [...marks.map(({ name, value }) => `${name} ${format(value)}`), `max ${format(high)}`].join(", ");
  return chartFigure({
    title, height,
    note: note ?? said,
    description: `${list.length.toLocaleString("en")} ${what} from ${format(low)} to ${format(high)}, ${said}`,
    columns: ["From#", "To#", `${what}#`],
    rows: () => bins.filter((bin) => bin.count).map((bin) => [format(bin.from), format(bin.to), bin.count.toLocaleString("en")]),
    draw: (drawing, width) => {
      const left = 40, right = width - 8, bottom = height - 22, top = 18;
      const x = isLog ? logScale(low, high, left, right) : linearScale(low, high, left, right, Math.max(2, Math.floor(width / 110)));
      const y = linearScale(0, Math.max(...bins.map((bin) => bin.count)), bottom, top, 3);
      drawRules(drawing, { ...y, ticks: y.ticks.filter(Number.isInteger) }, { left, right }, formatNumber);
      const group = svg("g", { class: "series-1" });
      for (const bin of bins) {
        if (!bin.count) continue;
        const from = high > low ? x.at(bin.from) : left + (right - left) * 0.4;
        const to = high > low ? x.at(bin.to) : left + (right - left) * 0.6;
        const tip = `${format(bin.from)} to ${format(bin.to)}\n${plural(bin.count, what.replace(/s$/, ""), what)}`;
        group.append(markOf(svg("rect", {
          class: "bar", x: from + 0.5, width: Math.max(1, to - from - 1), y: y.at(bin.count),
          height: Math.max(1, bottom - y.at(bin.count)),
        }), tip, undefined, !group.firstChild));
      }
      drawing.append(group);
      roving(group, "[tabindex]");
      if (high === low) {
        drawing.append(svg("text", { x: (left + right) / 2, y: height - 4, "text-anchor": "middle", "aria-hidden": "true" }, format(low)));
        return;
      }
      for (const tick of thinned(x.ticks, right - left, 80)) {
        drawing.append(svg("text", { x: x.at(tick), y: height - 4, "text-anchor": "middle", "aria-hidden": "true" }, format(tick)));
      }
      drawGuides(drawing, marks, x.at, { top, bottom });
    },
  });
}

/**
 * @param {SVGElement} drawing
 * @param {{name: string, value: number}[]} marks
 * @param {(value: number) => number} x
 * @param {{top: number, bottom: number}} span
 */
function drawGuides(drawing, marks, x, { top, bottom }) {
  let last = -Infinity;
  for (const { name, value } of marks) {
    const at = x(value);
    drawing.append(svg("line", { class: "guide", x1: at, x2: at, y1: top - 4, y2: bottom }));
    // Names that would run into each other are left to the note.
    if (at - last > 26) {
      drawing.append(svg("text", { x: at, y: 10, "text-anchor": "middle", "aria-hidden": "true" }, name));
      last = at;
    }
  }
}
