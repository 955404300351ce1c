// Times and numbers as people read them.

/**
 * @param {number | null | undefined} ms
 */
function formatDuration(ms) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "–";
  if (ms < 1) return `${Number(ms.toPrecision(2))} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const s = Math.round(ms / 1000);
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

/**
 * @param {number | null | undefined} value
 */
function formatNumber(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return Math.abs(value) >= 1000
    ? value.toLocaleString("en", { maximumFractionDigits: 0 })
    : String(Number(value.toPrecision(4)));
}

/**
 * @param {number | null | undefined} value
 * @param {string | null | undefined} unit `ms` and `s` are times
 */
function formatValue(value, unit) {
  if (unit === "ms") return formatDuration(value);
  if (unit === "s") return formatDuration(value === null || value === undefined ? value : value * 1000);
  if (unit === "%") return `${formatNumber(value)} %`;
  return unit ? `${formatNumber(value)} ${unit}` : formatNumber(value);
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
function plural(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/**
 * A moment in the reader's time zone.
 * @param {string | number} moment
 */
function formatMoment(moment) {
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) return String(moment);
  const pad = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ` +
    `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/**
 * The value below which `share` of the sorted values lie: the nearest rank.
 * @param {number[]} sorted
 * @param {number} share from 0 to 1
 */
function percentile(sorted, share) {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** @type {Record<string, {word: string, mark: string}>} */
const OUTCOMES = {
  failed: { word: "failed", mark: "✕" },
  error: { word: "error", mark: "!" },
  interrupted: { word: "interrupted", mark: "■" },
  not_run: { word: "not run", mark: "○" },
  skipped: { word: "skipped", mark: "–" },
  passed: { word: "passed", mark: "✓" },
  flaky: { word: "flaky", mark: "↻" },
};

/**
 * @param {string} outcome
 */
function wordOf(outcome) {
  return OUTCOMES[outcome]?.word ?? outcome;
}

/**
 * @param {string} outcome
 * @param {string} [text] what it says instead of the outcome
 */
function outcomeBadge(outcome, text) {
  return h("span", { class: `badge is-${outcome}` },
    h("span", { "aria-hidden": "true" }, OUTCOMES[outcome]?.mark ?? "·"), text ?? wordOf(outcome));
}

/**
 * The sign of an outcome alone; its word is there for screen readers.
 * @param {string} outcome
 */
function outcomeMark(outcome) {
  return h("span", { class: `mark-of is-${outcome}` },
    h("span", { "aria-hidden": "true" }, OUTCOMES[outcome]?.mark ?? "·"),
    h("span", { class: "visually-hidden" }, `${wordOf(outcome)}: `));
}
