/** Parts of the page. What users write is always text here, never markup. */

export const byId = (id) => document.getElementById(id);

export function element(tag, { className = "", ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** Say something to the user, also to one who does not see the page; "" takes it back. */
export function notify(text = "", kind = "error") {
  byId("notice").dataset.kind = kind;
  byId("notice").textContent = text;
}

/** Do the work when a form is sent. It cannot be sent again before that is done. */
export function onSubmit(form, work) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await once(form, () => work(form));
  });
}

export function onClick(button, work) {
  button.addEventListener("click", () => once(button, work));
}

/** Enter sends the form of a text of several lines; Shift and Enter begin a line. */
export function sendByEnter(area) {
  area.addEventListener("keydown", (event) => {
    // While a character is composed (Japanese, Chinese, Korean), Enter ends that.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    area.form.requestSubmit();
  });
}

/** Show the latest line, unless the user has scrolled up to read earlier ones. */
export function append(log, line) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  log.append(line);
  if (atEnd) toEnd(log);
}

export function toEnd(log) {
  log.scrollTop = log.scrollHeight;
}

export function timeOf(date) {
  const text = new Date(date).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return element("time", { dateTime: date, textContent: text });
}

export function dayOf(date) {
  const text = new Date(date).toLocaleDateString([], { day: "numeric", month: "short" });
  return element("time", { dateTime: date, textContent: text });
}

async function once(target, work) {
  if (target.ariaBusy === "true") return;
  target.ariaBusy = "true";
  notify();
  try {
    await work();
  } catch (error) {
    // A session that has ended has said so by itself.
    if (error.name !== "SessionEnded") notify(error.message);
  } finally {
    target.ariaBusy = null;
  }
}
