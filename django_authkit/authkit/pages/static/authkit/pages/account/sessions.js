const { announce, load, module, onPress, say } = await import(
  document.getElementById("authkit-base").href
);
const { call } = await module("authkit-api");
const { fill, fillTime } = await module("authkit-describe");
const { methods, program } = await module("authkit-clients");

const part = document.getElementById("authkit-sessions");
const list = part.querySelector("ul");
const others = document.getElementById("authkit-end-others");

function itemOf(session) {
  const item = document.getElementById("authkit-session").content.cloneNode(true).firstElementChild;
  const name = program(session.user_agent ?? "");
  fill(item, "program", name);
  item.querySelector("[data-current]").hidden = !session.current;
  fillTime(item, "created", session.created_at);
  fillTime(item, "used", session.last_used_at);
  fill(item, "ip", session.ip ?? say("unknown-ip"));
  fill(item, "methods", methods(session.amr));
  const replayed = item.querySelector("[data-replayed]");
  replayed.hidden = !session.replayed_at;
  if (session.replayed_at) fillTime(replayed, "replayed", session.replayed_at);
  const end = item.querySelector("button");
  end.hidden = session.current;
  end.setAttribute("aria-label", say("end-session", { program: name }));
  onPress(end, async () => {
    await call("DELETE", `sessions/${encodeURIComponent(session.id)}/`).catch((error) => {
      if (error.status !== 404) throw error; // it has ended already
    });
    item.remove();
    others.hidden = list.children.length < 2;
    announce(say("session-ended", { program: name }));
    part.querySelector("h1").focus();
  });
  return item;
}

const refresh = async () => {
  const sessions = await call("GET", "sessions/");
  sessions.sort((one, other) => other.current - one.current);
  list.replaceChildren(...sessions.map(itemOf));
  others.hidden = sessions.length < 2;
};

onPress(others, async () => {
  await call("DELETE", "sessions/");
  await refresh();
  announce(say("others-ended"));
  part.querySelector("h1").focus();
});
load(part, refresh);
