/** The page: who is logged in, and which of the chats is shown. */

import { Assistant } from "./assistant.js";
import { byId, notify, onClick, onSubmit } from "./elements.js";
import { Rooms } from "./rooms.js";
import { Session } from "./session.js";
import { adoptFromOpener, sharing } from "./windows.js";

const ENDINGS = {
  logged_out: "You are logged out.",
  window_closed: "The window in which you logged in is closed or logged out. Please log in again.",
};
const ENDED = "Your session has ended. Please log in again.";

const { api, rooms: roomsUrl } = document.body.dataset;
const session = new Session(api);
const assistant = new Assistant(session);
const rooms = new Rooms(session, roomsUrl);
const views = { assistant, rooms };
let challenge = null;

session.onStart = (username) => {
  byId("who").textContent = username;
  byId("password-form").reset();
  askForCode(null);
  showFrame(true);
  show();
};

session.onEnd = (how, detail) => {
  Object.values(views).forEach((view) => view.clear());
  byId("who").textContent = "";
  showFrame(false);
  notify(`${ENDINGS[how] ?? ENDED} ${detail}`.trim(), how === "logged_out" ? "done" : "error");
  byId("username").focus();
};

onSubmit(byId("password-form"), async ({ elements }) => {
  try {
    const asked = await session.logIn(elements.username.value, elements.password.value);
    if (asked) askForCode(asked);
  } catch (error) {
    elements.password.focus();
    throw error;
  } finally {
    elements.password.value = "";
  }
});

onSubmit(byId("code-form"), async ({ elements }) => {
  try {
    await session.secondFactor(challenge, elements.code.value);
  } catch (error) {
    // Five codes, or five minutes: then it begins anew.
    if (error.code === "invalid_challenge") askForCode(null);
    else elements.code.focus();
    throw error;
  } finally {
    elements.code.value = "";
  }
});

onClick(byId("cancel-code"), () => askForCode(null));
onClick(byId("open-window"), sharing(session));
onClick(byId("log-out"), () => session.logOut());
onClick(byId("log-out-everywhere"), () => session.logOutEverywhere());

window.addEventListener("hashchange", () => {
  notify();
  if (session.isOpen) show();
});

// A room is told by the server when its session ends. Without one, we ask when the user comes back.
window.addEventListener("focus", () => {
  if (session.isOpen && !rooms.isConnected) session.check().catch(() => {});
});

function askForCode(given) {
  challenge = given;
  byId("password-form").hidden = given !== null;
  byId("code-form").hidden = given === null;
  byId(given === null ? "username" : "code").focus();
}

function showFrame(isLoggedIn) {
  byId("log-in").hidden = isLoggedIn;
  byId("account").hidden = byId("views").hidden = !isLoggedIn;
  if (!isLoggedIn) for (const name of Object.keys(views)) byId(name).hidden = true;
}

/** Show what the fragment of the URL names: `#assistant/<id>` or `#rooms/<name>`. */
async function show() {
  const [name, rest] = fragment();
  for (const each of Object.keys(views)) byId(each).hidden = each !== name;
  for (const link of byId("views").querySelectorAll("a")) {
    link.ariaCurrent = link.hash === `#${name}` ? "page" : null;
  }
  if (name !== "rooms") rooms.leave();
  byId(`${name}-title`).focus();
  try {
    await views[name].show(rest);
  } catch (error) {
    if (error.name !== "SessionEnded") notify(error.message);
  }
}

function fragment() {
  const [name, ...rest] = location.hash.slice(1).split("/");
  return Object.hasOwn(views, name) ? [name, decoded(rest.join("/"))] : ["assistant", ""];
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

showFrame(false);
askForCode(null);
adoptFromOpener(session);
