// Failures with the same cause: their messages agree but for numbers, ids and addresses.

/**
 * @typedef {{key: string, first: Scenario, scenarios: Scenario[], message: string}} Cause
 */

const VOLATILE = /** @type {[RegExp, string][]} */ ([
  [/^\[[^\]\n]*\] /, ""], // which step
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>)]+/gi, "<url>"],
  [/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi, "<id>"],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/g, "<time>"],
  [/\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b/g, "<address>"],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{7,}\b/gi, "<id>"],
  [/(["'])(?:(?!\1)[^\\\n]|\\.){24,}\1/g, "<text>"],
  [/\b\d+(?:[.,]\d+)*/g, "<number>"],
]);

/**
 * @param {string} message
 */
function normalised(message) {
  const [first = ""] = message.split("\n");
  return VOLATILE.reduce((text, [pattern, word]) => text.replace(pattern, word), first).trim();
}

/**
 * @param {Scenario[]} scenarios
 * @returns {Cause[]} those of most scenarios first
 */
function causesOf(scenarios) {
  /** @type {Map<string, Cause>} */
  const causes = new Map();
  for (const scenario of scenarios) {
    if (!["failed", "error", "interrupted"].includes(scenario.outcome)) continue;
    const message = scenario.message || scenario.details || wordOf(scenario.outcome);
    const key = `${scenario.outcome} ${normalised(message)}`;
    const cause = causes.get(key);
    if (cause) cause.scenarios.push(scenario);
    else causes.set(key, { key, first: scenario, scenarios: [scenario], message });
  }
  return [...causes.values()].sort((one, other) => other.scenarios.length - one.scenarios.length || one.first.place - other.first.place);
}
