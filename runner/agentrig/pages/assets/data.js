// The rows that the page was written with (`PageData` of agentrig/pages/_data.py).

/**
 * @returns {Promise<any[]>} one value per row
 */
async function readData() {
  const element = document.getElementById("data");
  let text = element?.textContent ?? "";
  element?.remove();
  if (element?.dataset.encoding === "deflate") {
    const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    text = await new Response(stream).text();
  }
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}
