/**
 * What the link of a mail says behind its #. It leaves the address bar at once, and is in the memory
 * of the page alone: a bookmark, a shared screen or the history has no token.
 */

function take() {
  const found = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (!found.token) return null; // another fragment, as that of the link that skips the menu
  history.replaceState(null, "", location.pathname + location.search);
  return found;
}

const first = take();

/**
 * Do the work with the parts of the link, or null without one; again where another is opened, once
 * what was typed for the one before is forgotten. What is typed before scripts are there stays.
 */
export function onLink(work, forget) {
  work(first);
  addEventListener("hashchange", () => {
    const found = take();
    if (!found) return;
    forget();
    work(found);
  });
}
