const { announce, isolate, later, load, module, onPress, once, say, show } = await import(
  document.getElementById("authkit-base").href
);
const { call } = await module("authkit-api");
const { fill, fillEnd, fillTime } = await module("authkit-describe");

const element = (id) => document.getElementById(id);

const part = element("authkit-api-keys");
const steps = [...part.querySelectorAll("[data-step]")];
const heading = part.querySelector("h1");
const list = part.querySelector(".authkit-list");
const form = element("authkit-create-key");

const copyOf = (id) => element(id).content.cloneNode(true).firstElementChild;

/** Return the sentence of a scope; the project may have dropped the scope since. */
function sentenceOf(scope) {
  const boxes = [...form.querySelectorAll('[name="scope"]')];
  const label = boxes.find((box) => box.value === scope)?.closest("label");
  return label?.querySelector("[data-sentence]").textContent ?? "";
}

function itemOfScope(scope) {
  const item = copyOf("authkit-scope");
  fill(item, "scope", scope);
  fill(item, "sentence", sentenceOf(scope));
  return item;
}

/** Fill in what there is; else show the text that says that there is nothing. */
function fillUnless(item, nothing, isNothing, put) {
  item.querySelector(nothing).hidden = !isNothing;
  if (!isNothing) put();
}

function itemOf(key) {
  const item = copyOf("authkit-key");
  const hasExpired = key.expires_at !== null && new Date(key.expires_at) <= Date.now();
  fill(item, "name", key.name);
  item.querySelector("[data-expired]").hidden = !hasExpired;
  fillTime(item, "created", key.created_at);
  fillUnless(item, "[data-unused]", key.last_used_at === null, () => {
    fillTime(item, "used", key.last_used_at);
    fill(item, "ip", key.last_used_ip ?? "");
  });
  fillUnless(item, "[data-endless]", key.expires_at === null, () => {
    fillEnd(item, "expires", key.expires_at);
  });
  fill(item, "prefix", key.prefix);
  fillUnless(item, "[data-everywhere]", !key.allowed_networks.length, () => {
    fill(item, "networks", key.allowed_networks.join(", "));
  });
  fill(item, "rate", key.rate);
  item.querySelector("[data-rate]").hidden = !key.rate;
  fillUnless(item, "[data-scopeless]", !key.scopes.length, () => {
    item.querySelector(".authkit-scopes").append(...key.scopes.map(itemOfScope));
  });
  const overlap = item.querySelector("[data-overlap]");
  overlap.hidden = !(new Date(key.overlap_ends_at) > Date.now());
  if (!overlap.hidden) fillEnd(overlap, "overlap", key.overlap_ends_at);

  const { name } = key;
  const rotate = item.querySelector("[data-rotate]");
  rotate.hidden = hasExpired;
  rotate.setAttribute("aria-label", say("rotate-key", { name }));
  whenAsked(rotate, () => openRotate(key));
  const revoke = item.querySelector("[data-revoke]");
  revoke.setAttribute("aria-label", say("revoke-key", { name }));
  whenAsked(revoke, () => openRevoke(key));
  return item;
}

async function showKeys() {
  const keys = await call("GET", "api-keys/");
  list.replaceChildren(...keys.map(itemOf));
  part.querySelector("[data-none]").hidden = keys.length > 0;
  show(steps, "list", { focus: false });
}

// --- what is done with them -----------------------------------------------------------------------

/** Do what takes a script or a dialog, one at a time: the first may still be on its way. */
function whenAsked(button, work) {
  onPress(button, () => once(list, work));
}

whenAsked(part.querySelector("[data-create]"), async () => {
  const { openForm } = await later("authkit-create-key-module");
  await openForm();
});

onPress(part.querySelector("[data-done]"), async () => {
  const { forgetKey } = await later("authkit-new-key");
  forgetKey();
  announce("");
  await showKeys();
  heading.focus();
});

async function openRotate(key) {
  const { rotate } = await later("authkit-change-key");
  if (await rotate(key)) part.querySelector('[data-step="new"] h2').focus();
}

async function openRevoke(key) {
  const { revoke } = await later("authkit-change-key");
  if (!(await revoke(key, showKeys))) return;
  announce(say("revoked", { name: isolate(key.name) }));
  heading.focus();
}

load(part, showKeys);
