/**
 * A second window of the same session. It is handed the access token, and asks for the next one
 * when that has expired; the refresh token stays where the user has logged in.
 *
 * Only a window that was opened here is answered, and only one that shows this origin.
 */

const QUESTION = "chat-page: which session?";
const ANSWER = "chat-page: this session";
const MILLISECONDS = 10_000;

/** Return what opens another window of the session. */
export function sharing(session) {
  const opened = new Set();
  window.addEventListener("message", ({ origin, source, data }) => {
    if (origin !== location.origin || !opened.has(source) || data !== QUESTION) return;
    if (!session.isOpen) return;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = async ({ data: used }) => {
      port1.postMessage(await session.renewed(used).catch(() => null));
    };
    source.postMessage({ answer: ANSWER, access: session.access }, location.origin, [port2]);
  });
  return () => {
    const other = window.open(location.href);
    if (other === null) throw new Error("The browser has blocked the window.");
    opened.add(other);
  };
}

/** Ask the window that opened this one, if there is one, for its session. */
export function adoptFromOpener(session) {
  const { opener } = window;
  if (!opener) return;
  window.addEventListener("message", ({ origin, source, data, ports }) => {
    if (origin !== location.origin || source !== opener || data?.answer !== ANSWER) return;
    if (session.isOpen) return;
    // If that session has ended meanwhile, the log-in stays.
    session.adopt(data.access, renewThrough(ports[0], opener)).catch(() => {});
  });
  opener.postMessage(QUESTION, location.origin);
}

function renewThrough(port, holder) {
  return (used) =>
    new Promise((resolve) => {
      if (holder.closed) {
        resolve(null);
        return;
      }
      // One that shows another page by now does not answer.
      const timer = setTimeout(resolve, MILLISECONDS, null);
      port.onmessage = ({ data }) => {
        clearTimeout(timer);
        resolve(data);
      };
      port.postMessage(used);
    });
}
