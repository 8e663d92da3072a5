const { announce, isolate, language, load, module, onPress, say } = await import(
  document.getElementById("authkit-base").href
);
const { call } = await module("authkit-api");
const { fill, fillTime, listed } = await module("authkit-describe");
const { methods, program } = await module("authkit-clients");

const element = (id) => document.getElementById(id);

const part = element("authkit-events");
const list = part.querySelector(".authkit-list");
const filter = element("authkit-event-filter");
const shown = element("authkit-events-shown");
const more = element("authkit-more-events");
const kinds = element("authkit-event-kinds").content;
const icons = element("authkit-event-icons").content;
const number = new Intl.NumberFormat(language);

/** The names of the keys that there are, by id. An event has the id alone. */
let keys = new Map();

/** The query of the page of events that comes next, or null. */
let next = null;

// --- an event in words --------------------------------------------------------------------------

/** The words for a code, which may be newer than this page. */
const wordsOf = (attribute, code) =>
  [...kinds.querySelectorAll(`[${attribute}]`)].find((each) => each.getAttribute(attribute) === code);

const textOf = (attribute, code) => wordsOf(attribute, code)?.textContent ?? code;

function detailsOf({ by_administrator: byAdministrator, details }) {
  const found = [];
  const add = (text) => found.push(text);
  if (byAdministrator) add(say("by-administrator"));
  if (details.method) add(say("method", { value: textOf("data-method", details.method) }));
  if (details.amr) add(methods(details.amr));
  if (details.reason) add(textOf("data-reason", details.reason));
  if (details.count) add(say("count", { value: number.format(details.count) }));
  const key = keys.get(details.api_key);
  if (key) add(say("key", { value: isolate(key) }));
  if (details.scopes?.length) add(say("scopes", { value: listed(details.scopes) }));
  if (details.changed?.length) add(say("changed", { value: listed(details.changed) }));
  return found;
}

function itemOf(event) {
  const item = element("authkit-event").content.cloneNode(true).firstElementChild;
  const kind = wordsOf("data-kind", event.kind);
  const group = kind?.dataset.group ?? "account";
  const isWarning = kind?.hasAttribute("data-warning") ?? false;
  item.dataset.group = group;
  item.dataset.warning = isWarning;
  const icon = icons.querySelector(`[data-icon="${isWarning ? "warning" : group}"]`);
  item.querySelector(".authkit-icon").append(icon.cloneNode(true));
  fill(item, "kind", kind?.textContent ?? event.kind);
  item.querySelector(".authkit-badge").hidden = !isWarning;
  fillTime(item, "created", event.created_at);
  const client = [event.user_agent && program(event.user_agent), event.ip && isolate(event.ip)];
  fill(item, "client", client.filter(Boolean).join(" · "));
  fill(item, "details", detailsOf(event).join(" · "));
  return item;
}

// --- filter -------------------------------------------------------------------------------------

function isChosen(item) {
  if (filter.value === "warning") return item.dataset.warning === "true";
  return !filter.value || item.dataset.group === filter.value;
}

function applyFilter() {
  const items = [...list.children];
  for (const item of items) item.hidden = !isChosen(item);
  const visible = items.filter((item) => !item.hidden).length;
  const values = { shown: number.format(visible), loaded: number.format(items.length) };
  shown.textContent = next === null ? say("of-all", values) : say("of-newest", values);
  element("authkit-no-events").hidden = visible > 0;
  more.hidden = next === null;
}

filter.addEventListener("change", applyFilter);

// --- pages of events ----------------------------------------------------------------------------

function append(page) {
  // Its origin is what the server takes for its own, which may be that behind a proxy.
  next = page.next === null ? null : new URL(page.next, location.href).search;
  const items = page.results.map(itemOf);
  list.append(...items);
  applyFilter();
  return items;
}

onPress(more, async () => {
  announce("");
  const items = append(await call("GET", `events/${next}`));
  // Where the new ones begin; the button may be gone.
  (items.find((item) => !item.hidden) ?? shown).focus();
});

load(part, async () => {
  const [named, page] = await Promise.all([call("GET", "api-keys/"), call("GET", "events/")]);
  keys = new Map(named.map((key) => [key.id, key.name]));
  list.replaceChildren();
  append(page);
  filter.disabled = false;
});
