const { module, onPress } = await import(document.getElementById("authkit-base").href);
const { logOut } = await module("authkit-api");

for (const button of document.querySelectorAll("[data-log-out]")) onPress(button, logOut);
