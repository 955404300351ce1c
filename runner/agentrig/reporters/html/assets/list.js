// The list of scenarios, made in pieces: more come when its end is near, or is asked for.

const PIECE = 100;

/**
 * @param {Scenario[]} all
 * @param {(scenario: Scenario) => string} addressFor
 */
function scenarioList(all, addressFor) {
  const list = h("ol", { class: "list", role: "list" });
  const more = h("button", { type: "button", class: "button is-small more", onclick: () => { add(PIECE); focusRow(shown - PIECE); } });
  const element = h("div", { class: "list-box" }, list, more);
  /** @type {Scenario[]} */
  let scenarios = [];
  /** @type {Map<string, HTMLAnchorElement>} */
  let rows = new Map();
  let shown = 0;
  let selected = "";

  const add = (/** @type {number} */ count) => {
    const next = scenarios.slice(shown, shown + count);
    list.append(...next.map((scenario) => {
      const row = rowOf(scenario, addressFor(scenario));
      if (scenario.id === selected) row.setAttribute("aria-current", "true");
      rows.set(scenario.id, row);
      return h("li", null, row);
    }));
    shown += next.length;
    const left = scenarios.length - shown;
    more.hidden = left === 0;
    more.textContent = `Show ${Math.min(PIECE, left)} more of ${left.toLocaleString("en")}`;
  };
  const focusRow = (/** @type {number} */ index) => rows.get(scenarios[index]?.id)?.focus();
  new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && shown < scenarios.length && add(PIECE),
    { rootMargin: "600px" }).observe(more);

  return {
    element,
    /** @param {Scenario[]} next */
    show(next) {
      scenarios = next;
      rows = new Map();
      shown = 0;
      list.replaceChildren();
      element.scrollTop = 0;
      add(PIECE);
      if (!next.length) list.append(h("li", { class: "empty" }, all.length ? "No scenario is like this." : "Nothing was planned."));
    },
    /**
     * @param {string} id
     * @param {boolean} reveal whether it is brought into view
     */
    select(id, reveal) {
      rows.get(selected)?.removeAttribute("aria-current");
      selected = id;
      const index = scenarios.findIndex((scenario) => scenario.id === id);
      if (index >= shown) add(index - shown + PIECE);
      const row = rows.get(id);
      row?.setAttribute("aria-current", "true");
      if (reveal) row?.scrollIntoView({ block: "nearest" });
    },
  };
}

/**
 * @param {Scenario} scenario
 * @param {string} address
 * @returns {HTMLAnchorElement}
 */
function rowOf(scenario, address) {
  const { outcome, flaky, name, path, line, agent, message, ms, begin } = scenario;
  return h("a", { class: `row is-${outcome}`, href: address },
    outcomeMark(outcome),
    h("span", { class: "row-name" }, name, flaky && h("span", { class: "chip is-flaky" }, "flaky")),
    h("span", { class: "number small muted" }, begin === null ? "" : formatDuration(ms)),
    h("span", { class: "row-more" }, [`${path}:${line}`, agent].filter(Boolean).join(" · ")),
    message && outcome !== "passed" && h("span", { class: "row-message" }, message.split("\n")[0]));
}
