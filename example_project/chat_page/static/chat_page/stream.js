/** Server-sent events of an answer to `fetch`: `EventSource` can send neither a token nor a body. */

/** Yield the name and the data of each event when it comes. */
export async function* events(answer) {
  let rest = "";
  for await (const text of texts(answer.body)) {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) yield read(block);
  }
}

// Not every browser can iterate over a stream.
async function* texts(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function read(block) {
  const fields = Object.fromEntries(
    block.split("\n").map((line) => {
      const [name] = line.split(":", 1);
      return [name, line.slice(name.length + 1).trimStart()];
    }),
  );
  return { name: fields.event, data: JSON.parse(fields.data) };
}
