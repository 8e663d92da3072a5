/** A room of several users, over a WebSocket. */

import { append, byId, element, notify, onClick, onSubmit, sendByEnter, timeOf } from "./elements.js";
import { sentence } from "./session.js";

const NAME = /^[-a-zA-Z0-9_]{1,50}$/;
const TYPING_EVERY = 2_000;
const TYPING_SHOWN = 4_000;

/** The close code of a credential that is refused, and the one of these that is not the session. */
const UNAUTHENTICATED = 4401;
const TICKET_INVALID = "ticket_invalid";
/** The connection broke, and the server has said nothing. */
const ABNORMAL = 1006;

export class Rooms {
  #session;
  #url;
  #socket = null;
  #name = null;
  #sent = "";
  #typed = 0;
  #typing = new Map();

  constructor(session, url) {
    this.#session = session;
    this.#url = url;
    onSubmit(byId("join-form"), (form) => this.#enter(form.elements.name.value));
    onSubmit(byId("room-form"), (form) => this.#say(form));
    onClick(byId("leave-room"), () => (location.hash = "#rooms"));
    sendByEnter(byId("room-text"));
    byId("room-text").addEventListener("input", () => this.#type());
  }

  get isConnected() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Show the room of this name, or the place to choose one. */
  async show(name) {
    if (!name) {
      this.leave();
    } else if (!NAME.test(name)) {
      this.leave();
      notify(`“${name}” is no name of a room: use letters, digits, hyphens and underscores.`);
    } else if (name !== this.#name || !this.isConnected) {
      await this.#join(name);
    }
  }

  leave() {
    const socket = this.#socket;
    this.#socket = this.#name = null;
    socket?.close();
    byId("room").hidden = true;
    byId("no-room").hidden = false;
  }

  /** Leave nothing of the user on the page. */
  clear() {
    this.leave();
    this.#empty();
    byId("room-title").textContent = "";
    this.#sent = "";
    byId("room-form").reset();
    byId("join-form").reset();
  }

  async #enter(name) {
    const hash = `#rooms/${name}`;
    if (location.hash === hash) await this.#join(name);
    else location.hash = hash;
  }

  #empty() {
    this.#typing.clear();
    this.#showTyping();
    byId("room-log").replaceChildren();
  }

  async #join(name) {
    this.leave();
    this.#empty();
    this.#name = name;
    byId("room-name").value = name;
    byId("room-title").textContent = name;
    byId("no-room").hidden = true;
    byId("room").hidden = false;
    this.#showState("connecting", "Connecting …");
    const path = `${this.#url}${name}/`;
    const { ticket } = await this.#session
      .json("auth/ticket/", { method: "POST", body: { path } })
      .catch((error) => {
        this.#showState("closed", "Not connected");
        throw error;
      });
    if (this.#name === name) this.#connect(path, ticket);
  }

  #connect(path, ticket) {
    const url = new URL(path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, ["authkit", `authkit.ticket.${ticket}`]);
    this.#socket = socket;
    const ifCurrent = (work) => (event) => this.#socket === socket && work(event);
    socket.onmessage = ifCurrent(({ data }) => this.#take(JSON.parse(data)));
    socket.onclose = ifCurrent((event) => this.#closed(event));
    byId("room-text").focus();
  }

  #take(frame) {
    const log = byId("room-log");
    if (frame.type === "error") {
      notify(sentence(frame.errors) ?? frame.code);
      // What is refused can be sent again, unless the user writes something else by now.
      byId("room-text").value ||= this.#sent;
      return;
    }
    // The first frame says that the server has let us in.
    this.#showState("connected", "Connected");
    if (frame.type === "typing") {
      if (frame.sender !== this.#session.username) this.#seeTyping(frame.sender);
      return;
    }
    this.#seeTyping(frame.sender, false);
    if (frame.type === "message") append(log, message(frame, this.#session.username));
    else append(log, element("p", { className: "event", textContent: `${frame.sender} ${frame.type}` }));
  }

  #closed({ code, reason }) {
    const said = `The server closed the connection with ${code} ${reason}`.trim();
    if (code === UNAUTHENTICATED && reason !== TICKET_INVALID) {
      this.#session.end(reason, `${said}.`);
      return;
    }
    this.#socket = null;
    this.#showState("closed", "Closed");
    notify(`${code === ABNORMAL ? "The connection was lost" : said}. Choose Join to connect again.`);
  }

  #say(form) {
    if (!this.isConnected) throw new Error("You are not connected. Choose Join to connect again.");
    this.#sent = form.elements.text.value;
    this.#socket.send(JSON.stringify({ type: "message", text: this.#sent }));
    form.reset();
    this.#typed = 0;
  }

  #type() {
    const now = Date.now();
    if (now - this.#typed < TYPING_EVERY || !this.isConnected) return;
    this.#typed = now;
    this.#socket.send(JSON.stringify({ type: "typing" }));
  }

  #seeTyping(name, isTyping = true) {
    clearTimeout(this.#typing.get(name));
    this.#typing.delete(name);
    if (isTyping) {
      this.#typing.set(name, setTimeout(() => this.#seeTyping(name, false), TYPING_SHOWN));
    }
    this.#showTyping();
  }

  #showTyping() {
    const names = [...this.#typing.keys()];
    const verb = names.length === 1 ? "is" : "are";
    byId("typing").textContent = names.length ? `${names.join(", ")} ${verb} typing …` : "";
  }

  #showState(name, words) {
    const state = byId("room-state");
    if (state.textContent === words) return;
    state.textContent = words;
    state.dataset.state = name;
  }
}

function message({ sender, text, created_at: date }, username) {
  const className = sender === username ? "message own" : "message";
  const from = element("p", { className: "sender" }, `${sender} `, timeOf(date));
  return element("div", { className }, from, element("p", { className: "text", textContent: text }));
}
