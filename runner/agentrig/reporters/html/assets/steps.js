// The steps of one execution: what each did, when, and how it ended.

/**
 * @param {Step[]} steps
 * @param {number} total the execution's duration in milliseconds, for the bars
 * @param {string | undefined} said the message that stands above them already
 */
function stepList(steps, total, said) {
  const from = Math.min(...steps.map((step) => step.t));
  const span = Math.max(total, ...steps.map((step) => step.t - from + step.ms), 0.001);
  return h("ol", { class: "steps", role: "list" }, steps.map((step) => {
    const outcome = step.o ?? "passed";
    const bad = !["passed", "skipped"].includes(outcome);
    const bar = h("span", { class: `is-${outcome}` });
    bar.style.marginLeft = `${Math.min(99, ((step.t - from) / span) * 100)}%`;
    bar.style.width = `${Math.min(100, (step.ms / span) * 100)}%`;
    const content = h("div", { class: "step-content stack" });
    const details = h("details", {
      class: "step", open: bad,
      // 500 steps are made when they are looked at.
      ontoggle: () => details.open && !content.firstChild && content.append(...stepContent(step, said)),
    },
    h("summary", null,
      outcomeMark(outcome),
      h("span", { class: "step-name" },
        step.p && h("span", { class: "chip" }, step.p), " ", step.n, " ",
        step.k && h("span", { class: "muted small" }, step.k),
        step.a && h("span", { class: "muted small" }, ` · ${step.a} attempts`)),
      h("span", { class: "track", "aria-hidden": "true" }, bar),
      h("span", { class: "number small" }, formatDuration(step.ms))),
    content);
    return h("li", null, details);
  }));
}

/**
 * @param {Step} step
 * @param {string | undefined} said
 * @returns {Node[]}
 */
function stepContent(step, said) {
  /** @type {Check[]} */
  const checks = (step.c ?? []).map((check) => typeof check === "string" ? { check, outcome: "passed" } : check);
  const parts = [];
  // A check that failed says the same as its step.
  if (step.m && step.m !== said && !checks.some(({ message }) => message === step.m)) parts.push(messageBlock(step.m));
  if (checks.length) {
    parts.push(h("ul", { class: "checks", role: "list" }, checks.map(({ check, outcome, message, excerpt }) =>
      h("li", null, h("div", { class: "check" }, outcomeMark(outcome), h("span", { class: "mono" }, check)),
        message && message !== said && messageBlock(message), excerpt && plainBlock(excerpt, { inLines: true })))));
  }
  if (step.x) parts.push(exchangeBlock(step.x));
  if (!parts.length) parts.push(h("p", { class: "muted small" }, "No checks, and nothing kept."));
  return parts;
}
