/** Dialogs with a form, for what needs a proof in that very request. */

const { module } = await import(document.getElementById("authkit-base").href);
const { clearErrors, onSubmit } = await module("authkit-forms");

/**
 * Return a function that opens the dialog. It resolves when the dialog is closed, with whether the
 * work was done; while the work is under way, the dialog stays open.
 */
export function dialogOf(dialog, work) {
  const form = dialog.querySelector("form");
  const isBusy = () => form.getAttribute("aria-busy") === "true";
  let settle = () => undefined;

  onSubmit(form, async (values) => {
    await work(values);
    dialog.close("done");
  });
  dialog.addEventListener("cancel", (event) => isBusy() && event.preventDefault());
  dialog.querySelector("[data-cancel]").addEventListener("click", () => isBusy() || dialog.close());
  dialog.addEventListener("close", () => {
    // Passwords and codes do not stay in the page.
    form.reset();
    clearErrors(form);
    settle(dialog.returnValue === "done");
  });
  return () => {
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => {
      settle = resolve;
    });
  };
}
