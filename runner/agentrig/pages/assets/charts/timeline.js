// What ran beside what: a lane per shard, in it as many rows as ran at once.

/**
 * @typedef {{lane: string, from: number, to: number, name: string, class: string, href: string, tip: string}} Span
 * `from` and `to` in milliseconds since the run's begin
 */

const ROW = 16;
const LANE_HEAD = 20;

/**
 * Put each span of a lane, which come in the order of their begin, into the first row that is free.
 * @param {Span[]} spans
 * @returns {{span: Span, row: number}[]}
 */
function packed(spans) {
  /** @type {number[]} */
  const ends = [];
  return spans.map((span) => {
    let row = ends.findIndex((end) => end <= span.from);
    if (row < 0) row = ends.length;
    ends[row] = Math.max(span.to, span.from + 0.001);
    return { span, row };
  });
}

/**
 * @param {object} options
 * @param {string} options.title
 * @param {string} [options.note]
 * @param {Span[]} options.spans
 */
function timeline({ title, note, spans }) {
  const ordered = [...spans].sort((one, other) => one.from - other.from);
  const lanes = [...new Set(spans.map(({ lane }) => lane))].sort((one, other) => one.localeCompare(other, "en", { numeric: true }))
    .map((name) => {
      const rows = packed(ordered.filter(({ lane }) => lane === name));
      return { name, rows, height: LANE_HEAD + ROW * (1 + rows.reduce((most, { row }) => Math.max(most, row), 0)) };
    });
  const end = ordered.reduce((latest, { to }) => Math.max(latest, to), 1);
  const height = lanes.reduce((sum, lane) => sum + lane.height, 0) + 26;
  const drawing = svg("svg", { role: "group", "aria-label": `${title}: ${plural(spans.length, "scenario")} in ${plural(lanes.length, "lane")} over ${formatDuration(end)}` });
  const box = h("div", { class: "lanes", tabindex: "0", role: "region", "aria-label": `${title}, scrolls` }, drawing);
  let zoom = 1;
  const fit = drawLanes(drawing, lanes, { height, end });
  // The names of the lanes stay in view.
  box.addEventListener("scroll", () => {
    for (const name of drawing.querySelectorAll(".lane-name")) name.setAttribute("x", String(box.scrollLeft + 8));
  }, { passive: true });
  const redraw = () => fit(Math.max(280, box.clientWidth) * zoom);
  const setZoom = (/** @type {number} */ next) => {
    const middle = (box.scrollLeft + box.clientWidth / 2) / drawing.getBoundingClientRect().width;
    zoom = Math.min(64, Math.max(1, next));
    redraw();
    box.scrollLeft = middle * drawing.getBoundingClientRect().width - box.clientWidth / 2;
    announce(`zoom ${zoom} times`);
  };
  let width = 0;
  new ResizeObserver(() => requestAnimationFrame(() => {
    if (box.clientWidth === width) return;
    width = box.clientWidth;
    redraw();
  })).observe(box);
  roving(drawing, "a", (bar) => bar.scrollIntoView({ block: "nearest", inline: "nearest" }));
  const button = (/** @type {string} */ sign, /** @type {string} */ name, /** @type {() => void} */ run) =>
    h("button", { type: "button", class: "button is-small", onclick: run }, h("span", { "aria-hidden": "true" }, sign), name);
  return h("figure", { class: "chart stack" },
    h("figcaption", null, title, note && h("small", null, note)),
    h("div", { class: "cluster no-print" },
      button("+", "Zoom in", () => setZoom(zoom * 2)),
      button("−", "Zoom out", () => setZoom(zoom / 2)),
      button("↔", "Whole run", () => setZoom(1))),
    box,
    spansTable(title, ordered));
}

/**
 * Draw the lanes once; what it gives puts all in its place for a width in pixels.
 * @param {SVGElement} drawing
 * @param {{name: string, rows: {span: Span, row: number}[], height: number}[]} lanes
 * @param {{height: number, end: number}} size
 * @returns {(width: number) => void}
 */
function drawLanes(drawing, lanes, { height, end }) {
  const ruler = svg("g");
  drawing.append(ruler);
  const lines = lanes.map(() => svg("line", { class: "axis-line", x1: 0 }));
  /** @type {{span: Span, bar: SVGElement}[]} */
  const bars = [];
  let top = 0;
  lanes.forEach(({ name, rows, height: tall }, index) => {
    const lane = svg("g", { role: "group", "aria-label": name });
    lines[index].setAttribute("y1", String(top + 1));
    lines[index].setAttribute("y2", String(top + 1));
    lane.append(index ? lines[index] : "", svg("text", { class: "lane-name", x: 8, y: top + 14, "aria-hidden": "true" }, name));
    for (const { span, row } of rows) {
      const bar = svg("rect", { class: `bar ${span.class}`, rx: 2, y: top + LANE_HEAD + row * ROW, height: ROW - 3 });
      lane.append(svg("a", { href: span.href, tip: span.tip, "aria-label": span.tip.replaceAll("\n", ", "), tabindex: bars.length ? "-1" : "0" }, bar));
      bars.push({ span, bar });
    }
    drawing.append(lane);
    top += tall;
  });
  return (width) => {
    drawing.setAttribute("width", String(width));
    drawing.setAttribute("height", String(height));
    const x = linearScale(0, end, 8, width - 8, Math.max(2, Math.floor(width / 120)));
    ruler.replaceChildren(...x.ticks.flatMap((tick) => [
      svg("line", { class: "grid-line", x1: x.at(tick), x2: x.at(tick), y1: 0, y2: height - 20 }),
      svg("text", { x: Math.min(x.at(tick) + 3, width - 40), y: height - 6, "aria-hidden": "true" }, formatDuration(tick))]));
    for (const line of lines) line.setAttribute("x2", String(width));
    for (const { span, bar } of bars) {
      const from = x.at(span.from);
      bar.setAttribute("x", from.toFixed(2));
      bar.setAttribute("width", Math.max(2, x.at(span.to) - from - 0.5).toFixed(2));
    }
  };
}

/**
 * @param {string} title
 * @param {Span[]} spans
 */
function spansTable(title, spans) {
  const body = h("div", { class: "table", tabindex: "0", role: "region", "aria-label": `${title}, table` });
  const rows = (/** @type {Span[]} */ some) => some.map((span) => [
    h("a", { href: span.href }, span.name), span.lane, formatDuration(span.from), formatDuration(span.to - span.from)]);
  const show = (/** @type {number} */ count) => {
    body.replaceChildren(dataTable(title, ["Scenario", "Lane", "Begin#", "Duration#"], rows(spans.slice(0, count))));
    if (count < spans.length) {
      body.append(h("button", { type: "button", class: "button is-small", onclick: () => show(count + 1000) },
        `Show more of ${spans.length.toLocaleString("en")}`));
    }
  };
  const details = h("details", { class: "no-print", ontoggle: () => details.open && !body.firstChild && show(200) },
    h("summary", null, "As a table"), body);
  return details;
}
