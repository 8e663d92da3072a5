/** Buttons that copy the text of the element that they name in data-copies. */

const { announce, say } = await import(document.getElementById("authkit-say").href);

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copies).textContent;
    await navigator.clipboard.writeText(text);
    announce(say("copied"));
  });
}
