/** The chats with the assistant, over REST; its answers are streams. */

import { append, byId, dayOf, element, onClick, onSubmit, sendByEnter, toEnd } from "./elements.js";
import { events } from "./stream.js";

export class Assistant {
  #session;
  #open = null;
  #older = null;

  constructor(session) {
    this.#session = session;
    onSubmit(byId("new-chat"), (form) => this.#begin(form));
    onSubmit(byId("chat-form"), (form) => this.#send(form));
    onClick(byId("older-chats"), () => this.#list(this.#older, { isNext: true }));
    sendByEnter(byId("chat-text"));
  }

  /** Show the list, and the chat of this id if there is one. */
  async show(id) {
    this.#close();
    this.#open = id;
    await this.#list("chat/sessions/");
    if (id) await this.#show(id);
  }

  /** Leave nothing of the user on the page. */
  clear() {
    this.#close();
    byId("chats").replaceChildren();
    byId("new-chat").reset();
    byId("chat-form").reset();
  }

  #close() {
    this.#open = null;
    byId("chat-title").textContent = "";
    byId("chat-log").replaceChildren();
    byId("chat").hidden = true;
    byId("no-chat").hidden = false;
  }

  async #list(path, { isNext = false } = {}) {
    const { results, next } = await this.#session.json(path);
    // The URL is that of the list; only its query differs.
    this.#older = next && `chat/sessions/${new URL(next).search}`;
    byId("older-chats").hidden = !next;
    if (!isNext) byId("chats").replaceChildren();
    byId("chats").append(...results.map(item));
    byId("no-chats").hidden = byId("chats").childElementCount > 0;
    for (const link of byId("chats").querySelectorAll("a")) {
      link.ariaCurrent = link.hash === `#assistant/${this.#open}` ? "true" : null;
    }
  }

  async #begin(form) {
    const chat = await this.#session.json("chat/sessions/", {
      method: "POST",
      body: { title: form.elements.title.value },
    });
    form.reset();
    location.hash = `#assistant/${chat.id}`;
  }

  async #show(id) {
    const chat = await this.#session.json(`chat/sessions/${encodeURIComponent(id)}/`);
    // Another one was opened meanwhile.
    if (this.#open !== id) return;
    byId("chat-title").textContent = titleOf(chat);
    byId("chat-log").replaceChildren(...chat.messages.map(past));
    byId("no-chat").hidden = true;
    byId("chat").hidden = false;
    toEnd(byId("chat-log"));
    byId("chat-text").focus();
  }

  async #send(form) {
    const id = this.#open;
    const answer = await this.#session.fetch(`chat/sessions/${id}/messages/`, {
      method: "POST",
      body: { text: form.elements.text.value },
      accept: "text/event-stream",
    });
    form.reset();
    const reply = message("assistant", "");
    reply.line.ariaBusy = "true";
    try {
      for await (const { name, data } of events(answer)) {
        if (this.#open !== id) return;
        if (name === "done") return;
        this.#take(name, data, reply);
      }
      throw new Error("The connection was lost before the answer was complete.");
    } finally {
      reply.line.ariaBusy = null;
    }
  }

  #take(name, data, reply) {
    const log = byId("chat-log");
    if (name === "message") {
      append(log, past(data));
      append(log, reply.line);
      toEnd(log);
    } else if (name === "delta") {
      reply.text.append(data.text);
      toEnd(log);
    } else if (name === "tool_call") {
      reply.tools.append(tool(data));
    } else if (name === "error") {
      throw new Error(data.detail);
    }
  }
}

function titleOf(chat) {
  return chat.title || "Untitled chat";
}

function item(chat) {
  const link = element("a", { href: `#assistant/${chat.id}`, textContent: titleOf(chat) });
  return element("li", {}, link, element("span", { className: "hint" }, dayOf(chat.created_at)));
}

function message(role, words) {
  const text = element("p", { className: "text", textContent: words });
  const tools = element("p", { className: "tools" });
  const sender = element("p", {
    className: "sender",
    textContent: role === "user" ? "You" : "Assistant",
  });
  const className = role === "user" ? "message own" : "message";
  return { line: element("div", { className }, sender, text, tools), text, tools };
}

/** A message that is complete. */
function past({ role, text, tool_calls: calls }) {
  const made = message(role, text);
  made.tools.append(...calls.map(tool));
  return made.line;
}

function tool({ name, result }) {
  const className = "error" in result ? "tool refused" : "tool";
  return element("span", { className, textContent: name.replaceAll("_", " ") });
}
