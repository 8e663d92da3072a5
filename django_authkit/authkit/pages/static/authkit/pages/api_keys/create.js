/** The form that creates a key. */

const { announce, module, onPress, show } = await import(
  document.getElementById("authkit-base").href
);
const { call } = await module("authkit-api");
const { clearErrors, onSubmit } = await module("authkit-forms");
const { showKey } = await module("authkit-new-key");

const element = (id) => document.getElementById(id);

const part = element("authkit-api-keys");
const steps = [...part.querySelectorAll("[data-step]")];
const form = element("authkit-create-key");

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

/** Offer the scopes that the user may give, where these are not all of them. */
async function offerScopes() {
  const scopes = form.querySelector("[data-by-owner]");
  if (!scopes) return;
  const { actions } = await call("OPTIONS", "api-keys/");
  const own = actions.POST.scopes.child.choices.map(({ value }) => value);
  for (const box of scopes.querySelectorAll('[name="scope"]')) {
    box.disabled = !own.includes(box.value);
    box.closest("p").hidden = box.disabled;
  }
  scopes.hidden = !own.length;
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

/** Show the form, empty. */
export async function openForm() {
  announce("");
  await offerScopes();
  leaveForm(); // browsers fill in what was typed before a reload
  show(steps, "create", { focus: false });
  form.elements.namedItem("name").focus();
}

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
