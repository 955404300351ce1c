// Messages with their difference in colour, and bodies as JSON where they are.

/**
 * A message as it was written; lines of a difference are coloured, between their legend and its end.
 * @param {string} text
 */
function messageBlock(text) {
  const block = h("pre", { class: "code message", tabindex: "0" });
  let inside = false;
  text.split("\n").forEach((line, index, lines) => {
    if (line === "- expected" && lines[index + 1] === "+ got") inside = true;
    else if (inside && !/^[-+ ] |^[-+ ]$/.test(line)) inside = false;
    const kind = inside ? { "-": "removed", "+": "added" }[line[0]] : undefined;
    if (index) block.append("\n");
    // What the colour says, the sign at the line's begin says too.
    block.append(kind ? h(kind === "removed" ? "del" : "ins", { class: kind }, line) : line);
  });
  return block;
}

/**
 * @param {string} text
 * @param {{inLines?: boolean}} [options] `inLines`: long lines are not broken, as what stands below them belongs there
 */
function plainBlock(text, { inLines = false } = {}) {
  return h("pre", { class: inLines ? "code in-lines" : "code", tabindex: "0" }, text);
}

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * A body: JSON with its lines set out and its parts in colour, anything else as it came.
 * @param {string} text
 */
function bodyBlock(text) {
  let shown = text;
  try {
    if (/^\s*[[{]/.test(text)) shown = JSON.stringify(JSON.parse(text), null, 2);
    else return plainBlock(text);
  } catch {
    return plainBlock(text);
  }
  const block = h("pre", { class: "code json", tabindex: "0" });
  let end = 0;
  for (const found of shown.matchAll(TOKENS)) {
    block.append(shown.slice(end, found.index));
    const [whole, string, colon, word] = found;
    if (colon) block.append(h("span", { class: "key" }, string), colon);
    else block.append(h("span", { class: string ? "string" : word ? "word" : "digits" }, whole));
    end = found.index + whole.length;
  }
  block.append(shown.slice(end));
  return block;
}

/**
 * @param {() => string} text
 * @param {string} name
 */
function copyButton(text, name) {
  const button = h("button", {
    type: "button", class: "button is-small is-quiet no-print",
    onclick: async () => {
      try {
        await navigator.clipboard.writeText(text());
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not allowed here";
      }
      announce(button.textContent);
      setTimeout(() => { button.textContent = name; }, 1500);
    },
  }, name);
  return button;
}
