/** The recovery codes: shown once, to be kept somewhere else before the page goes on. */

const { announce, module, say } = await import(document.getElementById("authkit-say").href);
const { shownOnce } = await module("authkit-shown-once");

const step = document.querySelector('[data-step="codes"]');
const list = step.querySelector("ol");
const once = shownOnce(step);

const codes = () => [...list.children].map((item) => item.textContent);
const text = () => `${say("codes-of-site")}\n\n${codes().join("\n")}\n`;

/** Show new codes, as the last step of a set-up or alone; the page goes on when they are kept. */
export function showCodes(shown, { lastStep }) {
  step.querySelector(".authkit-progress").hidden = !lastStep;
  list.replaceChildren(
    ...shown.map((code) => {
      const item = document.createElement("li");
      const value = document.createElement("code");
      value.textContent = code;
      item.append(value);
      return item;
    }),
  );
  once.begin();
}

/** Forget them: nothing of them stays in the page. */
export function forgetCodes() {
  list.replaceChildren();
  once.end();
}

const copy = step.querySelector("[data-copy]");
copy.hidden = !navigator.clipboard;
copy.addEventListener("click", async () => {
  await navigator.clipboard.writeText(text());
  announce(say("copied"));
});

step.querySelector("[data-download]").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text()], { type: "text/plain" }));
  link.download = "recovery-codes.txt";
  link.click();
  URL.revokeObjectURL(link.href);
});

step.querySelector("[data-print]").addEventListener("click", () => print());

// The server may have written them into the page.
if (list.children.length) once.begin();
