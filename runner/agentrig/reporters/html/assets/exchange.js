// A request and what came back, side by side where there is room.

/**
 * @param {Exchange} exchange
 */
function exchangeBlock(exchange) {
  const { method, url, status, redirects } = exchange;
  return h("div", { class: "exchange" },
    h("section", null,
      h("h4", null, "Request"),
      h("p", { class: "mono start-line" }, h("b", null, method), " ", url),
      headersBlock("Request headers", exchange.request_headers),
      exchange.request_body && bodyBlock(exchange.request_body),
      copyButton(() => curlOf(exchange), "Copy as curl")),
    h("section", null,
      h("h4", null, "Response"),
      redirects.map((hop) => h("p", { class: "mono start-line" }, hop)),
      h("p", { class: "mono start-line" }, status === null ? "no response"
        : h("b", { class: `mark-of ${status < 400 ? "is-passed" : "is-failed"}` }, status)),
      headersBlock("Response headers", exchange.response_headers),
      exchange.response_body && bodyBlock(exchange.response_body)));
}

/**
 * @param {string} name
 * @param {[string, string][]} headers
 */
function headersBlock(name, headers) {
  if (!headers.length) return null;
  return h("details", null, h("summary", { class: "small" }, `${plural(headers.length, "header")}`),
    h("div", { class: "scroll-x" }, dataTable(name, ["Name", "Value"],
      headers.map(([key, value]) => [h("span", { class: "mono" }, key), h("span", { class: "mono" }, value)]))));
}

/**
 * The request for a shell; what was hidden in the report stays hidden.
 * @param {Exchange} exchange
 */
function curlOf({ method, url, request_headers: headers, request_body: body }) {
  const quoted = (/** @type {string} */ text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const parts = [`curl -X ${method} ${quoted(url)}`];
  for (const [name, value] of headers) {
    if (!["content-length", "host", "accept-encoding", "connection"].includes(name)) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  }
  if (body) parts.push(`--data-raw ${quoted(body)}`);
  return parts.join(" \\\n  ");
}
