const { logOut } = await import(document.getElementById("authkit-api").href);
const { onPress } = await import(document.getElementById("authkit-forms").href);

for (const button of document.querySelectorAll("[data-log-out]")) onPress(button, logOut);
