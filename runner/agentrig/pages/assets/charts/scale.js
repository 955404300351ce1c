// Numbers to pixels, and the round numbers between them.

/**
 * @typedef {{at: (value: number) => number, ticks: number[]}} Scale
 */

/**
 * @param {number} low
 * @param {number} high
 * @param {number} from pixels of `low`
 * @param {number} to pixels of `high`
 * @param {number} [count] about so many ticks
 * @returns {Scale}
 */
function linearScale(low, high, from, to, count = 5) {
  if (!(high > low)) high = low + (Math.abs(low) || 1);
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= rough * 0.999) ?? rough;
  const ticks = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index += 1) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return { at: (value) => from + ((value - low) / (high - low)) * (to - from), ticks };
}

/**
 * A scale of orders of magnitude; `low` is above 0.
 * @param {number} low
 * @param {number} high
 * @param {number} from
 * @param {number} to
 * @returns {Scale}
 */
function logScale(low, high, from, to) {
  if (!(high > low)) high = low * 10;
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high) + 1e-9; power += 1) {
    const value = 10 ** power;
    if (value >= low * 0.999) ticks.push(value);
  }
  const span = Math.log(high / low);
  return { at: (value) => from + (Math.log(Math.max(value, low) / low) / span) * (to - from), ticks };
}

/**
 * Of ticks in a row of `width` pixels, those that leave each other `room`.
 * @template T
 * @param {T[]} ticks
 * @param {number} width
 * @param {number} room
 * @returns {T[]}
 */
function thinned(ticks, width, room) {
  const every = Math.max(1, Math.ceil((ticks.length * room) / Math.max(1, width)));
  return ticks.filter((_, index) => index % every === 0);
}

/**
 * Lines across a drawing, with the values that they stand for at their left.
 * @param {SVGElement} drawing
 * @param {Scale} scale
 * @param {{left: number, right: number}} span
 * @param {(value: number) => string} format
 */
function drawRules(drawing, scale, { left, right }, format) {
  for (const tick of scale.ticks) {
    const y = scale.at(tick);
    drawing.append(
      svg("line", { class: "grid-line", x1: left, x2: right, y1: y, y2: y }),
      svg("text", { x: left - 6, y: y + 4, "text-anchor": "end", "aria-hidden": "true" }, format(tick)),
    );
  }
}
