const element = (id) => document.getElementById(id);

const { call } = await import(element("authkit-api").href);
const { Invalid, announce, clearErrors, load, onPress, onSubmit, say, show } = await import(
  element("authkit-forms").href
);
const { dialogOf } = await import(element("authkit-dialogs").href);
const { exactly, fill, fillEnd, fillTime, isolate } = await import(
  element("authkit-describe").href
);
const { forgetKey, showKey } = await import(element("authkit-new-key").href);
await import(element("authkit-step-up-module").href);

const part = element("authkit-api-keys");
const steps = [...part.querySelectorAll("[data-step]")];
const heading = part.querySelector("h1");
const list = part.querySelector(".authkit-list");
const form = element("authkit-create-key");

const pathOf = (key) => `api-keys/${encodeURIComponent(key.id)}/`;
const copyOf = (id) => element(id).content.cloneNode(true).firstElementChild;

// --- the keys that there are --------------------------------------------------------------------

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
  rotate.addEventListener("click", () => openRotate(key));
  const revoke = item.querySelector("[data-revoke]");
  revoke.setAttribute("aria-label", say("revoke-key", { name }));
  revoke.addEventListener("click", () => openRevoke(key));
  return item;
}

async function showKeys() {
  const keys = await call("GET", "api-keys/");
  list.replaceChildren(...keys.map(itemOf));
  part.querySelector("[data-none]").hidden = keys.length > 0;
  show(steps, "list", { focus: false });
}

// --- create -------------------------------------------------------------------------------------

const end = element("authkit-key-end");
const date = element("authkit-key-date");
const ownEnd = element("authkit-key-own-end");

function chooseEnd() {
  ownEnd.hidden = end.value !== "date";
  date.disabled = ownEnd.hidden;
  // What the API says of the end belongs to the field that gives it.
  end.name = date.disabled ? "expires_at" : "";
  date.name = date.disabled ? "" : "expires_at";
}

/** Return the end as the API takes it: a moment, or a day, at whose end the key ends. */
function endOf(chosen) {
  const days = Number(chosen);
  return days ? new Date(Date.now() + days * 86_400_000).toISOString() : chosen;
}

function leaveForm() {
  form.reset();
  chooseEnd();
  clearErrors(form);
}

end.addEventListener("change", chooseEnd);
onPress(part.querySelector("[data-create]"), async () => {
  announce("");
  leaveForm(); // browsers fill in what was typed before a reload
  show(steps, "create", { focus: false });
  form.elements.namedItem("name").focus();
});
onPress(part.querySelector("[data-cancel-create]"), async () => {
  leaveForm();
  show(steps, "list", { focus: false });
  part.querySelector("[data-create]").focus();
});

onSubmit(form, async (values) => {
  const chosen = form.querySelectorAll('[name="scope"]:checked');
  const made = await call("POST", "api-keys/", {
    name: values.name,
    scopes: [...chosen].map((box) => box.value),
    expires_at: endOf(values.expires_at),
    allowed_networks: (values.allowed_networks ?? "").split(/[\s,]+/).filter(Boolean),
  });
  leaveForm();
  showKey(made);
  show(steps, "new");
});

onPress(part.querySelector("[data-done]"), async () => {
  forgetKey();
  announce("");
  await showKeys();
  heading.focus();
});

// --- rotate and revoke --------------------------------------------------------------------------

const rotateDialog = element("authkit-rotate");
const revokeDialog = element("authkit-revoke");
let chosenKey = null;

const askRotate = dialogOf(rotateDialog, async ({ overlap_seconds: seconds }) => {
  const overlap = Number(seconds);
  const made = await call("POST", `${pathOf(chosenKey)}rotate/`, { overlap_seconds: overlap });
  const when = made.overlap_ends_at && exactly.format(new Date(made.overlap_ends_at));
  showKey(made, when ? say("overlap", { when }) : say("no-overlap"));
  announce("");
  show(steps, "new", { focus: false });
});

const askRevoke = dialogOf(revokeDialog, async ({ name }) => {
  if (name.trim().normalize() !== chosenKey.name.trim().normalize()) {
    throw new Invalid("name", say("other-name"));
  }
  await call("DELETE", pathOf(chosenKey)).catch((error) => {
    if (error.status !== 404) throw error; // it has been revoked already
  });
  await showKeys();
});

async function openRotate(key) {
  chosenKey = key;
  fill(rotateDialog, "name", key.name);
  if (await askRotate()) part.querySelector('[data-step="new"] h2').focus();
}

async function openRevoke(key) {
  chosenKey = key;
  fill(revokeDialog, "name", key.name);
  if (!(await askRevoke())) return;
  announce(say("revoked", { name: isolate(key.name) }));
  heading.focus();
}

load(part, showKeys);
