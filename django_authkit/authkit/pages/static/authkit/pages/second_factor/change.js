/** A factor that is on: each change takes its proof in that very request. */

const { announce, module, say, show } = await import(document.getElementById("authkit-base").href);
const { call, hold } = await module("authkit-api");
const { showState, steps } = await module("authkit-factor-state");
const { dialogOf } = await module("authkit-dialogs");
const { showCodes } = await module("authkit-recovery-codes");
const { begin } = await module("authkit-factor-set-up");

const element = (id) => document.getElementById(id);

/** What opens a dialog, by the name in `data-opens`. */
export const dialogs = {
  replace: dialogOf(element("authkit-replace"), begin),
  renew: dialogOf(element("authkit-renew"), async ({ code }) => {
    const { recovery_codes: codes } = await call("POST", "2fa/recovery-codes/", { code });
    hold(true);
    showCodes(codes, { lastStep: false });
    announce("");
    show(steps, "codes", { focus: false });
  }),
  disable: dialogOf(element("authkit-disable"), async (proof) => {
    await call("POST", "2fa/totp/disable/", proof);
    await showState({ focus: false });
    announce(say("turned-off"));
  }),
};
