// The demo's page: the world as the server tells it, who looks at it, and what a person can do.
import { call, follow } from "./api.js";
import { createComposer } from "./composer.js";
import { element, shortMoment } from "./dom.js";
import { listen } from "./gestures.js";
import { createLog } from "./log.js";
import { announce, withBusy } from "./notices.js";
import { avatar, chatRow, emptyState } from "./render.js";
import { openTabs } from "./tabs.js";

const $ = (id) => document.getElementById(id);
const wide = matchMedia("(min-width: 721px)");
const log = createLog($("log"), $("down"));
const read = new Map(); // "user:chat" -> the last message that this person has seen
const drafts = new Map(); // "user:chat" -> what stands in the box
const typing = new Map(); // chat -> timer
let world = null;
let messages = new Map(); // chat -> Map of message_id -> message
let user = 0;
let current = 0;
let lead = 0; // seconds that the demo's clock is ahead of this computer's

const now = () => Date.now() / 1000 + lead;
const spot = (chat) => `${user}:${chat}`;
const inChat = (chat) => [...(messages.get(chat) ?? new Map()).values()];
const chatOf = (id) => world.chats.find((chat) => chat.id === id);
const role = (chat, who) => chat.members.find((member) => member.user === who)?.status;
const mine = (who) => world.chats.filter((chat) => (chat.type === "private" ? chat.id === who : role(chat, who)));
const titleOf = (chat) => (chat.type === "private" ? world.bot.first_name : chat.title);
const picture = (chat) => avatar(chat.id, titleOf(chat), chat.type === "private");
const inView = () => !$("panel-chat").hidden && (wide.matches || document.body.dataset.screen === "chat");
const isShown = (chat) => chat === current && inView();
const mayWrite = (chat) => chat.type !== "channel" || ["creator", "administrator"].includes(role(chat, user));

function nameOf(message) {
  const sender = [world.bot, ...world.users].find(({ id }) => id === message.from);
  return sender?.first_name ?? chatOf(message.chat).title;
}

const view = () => ({
  user, now, name: nameOf, named: chatOf(current).type === "supergroup", find: (id) => messages.get(current)?.get(id),
});

function unreadIn(chat) {
  return inChat(chat).filter((one) => one.message_id > (read.get(spot(chat)) ?? 0) && one.from !== user).length;
}

function markRead(chat) {
  read.set(spot(chat), inChat(chat).at(-1)?.message_id ?? 0);
}

function drawChats() {
  const focused = document.activeElement?.closest?.("[data-chat]")?.dataset.chat;
  const rows = mine(user).map((chat) => {
    const last = inChat(chat.id).at(-1);
    const before = last && chat.type === "supergroup" ? `${last.from === user ? "You" : nameOf(last)}: ` : "";
    return chatRow({
      chat, last, title: titleOf(chat), picture: picture(chat), now: now(), unread: unreadIn(chat.id),
      preview: last ? before + last.text.slice(0, 120) : "No messages yet", current: chat.id === current,
      typing: typing.has(chat.id),
    });
  });
  $("chats").replaceChildren(...rows);
  if (focused) $("chats").querySelector(`[data-chat="${focused}"]`)?.focus();
  const unread = mine(user).reduce((sum, chat) => sum + unreadIn(chat.id), 0);
  document.title = `${unread ? `(${unread}) ` : ""}${titleOf(chatOf(current))} · demo`;
}

function drawUsers() {
  $("users").replaceChildren(...world.users.map(({ id, first_name: name }) =>
    element("button", { type: "button", "data-user": id, "aria-pressed": id === user }, name)));
}

function drawHeader() {
  const chat = chatOf(current);
  const kind = chat.type === "private" ? "bot" : `${chat.members.length} members`;
  $("avatar").replaceChildren(picture(chat));
  $("title").textContent = titleOf(chat);
  $("subtitle").textContent = typing.has(current) ? "typing…" : kind;
  $("subtitle").classList.toggle("live", typing.has(current));
  $("more").hidden = chat.type !== "private";
  $("block").textContent = chat.blocked ? "Unblock bot" : "Block bot";
  $("unblock").hidden = !chat.blocked;
  $("readonly").hidden = mayWrite(chat);
  $("composer").hidden = Boolean(chat.blocked) || !mayWrite(chat);
}

function drawConversation(fresh) {
  const chat = chatOf(current);
  drawHeader();
  log.show(inChat(current), view(), emptyState(chat, world.bot.first_name), fresh);
  if (isShown(current)) markRead(current);
}

function drawClock() {
  const next = world.clock.next;
  $("now").textContent = shortMoment(now());
  $("next").textContent = next ? shortMoment(next) : "none planned yet";
}

function drawOnline() {
  announce("bot", world.bot_online ? "" : "The bot is not connected yet. What you write waits for it.");
}

function draw(fresh) {
  drawClock();
  drawUsers();
  drawConversation(fresh);
  drawChats();
  drawOnline();
}

function setClock(clock) {
  world.clock = clock;
  lead = clock.now - Date.now() / 1000;
  drawClock();
}

/** Look through another person's eyes, or at another chat; what stands in the box waits for the return. */
function goTo(person, chat) {
  drafts.set(spot(current), $("input").value);
  [user, current] = [person, chat];
  composer.write(drafts.get(spot(current)) ?? "");
  refuse("");
  draw(true);
}

function openChat(chat) {
  document.body.dataset.screen = "chat";
  goTo(user, chat);
  if (wide.matches) composer.focus();
  else $("back").focus();
}

function switchUser(person) {
  goTo(person, mine(person).some(({ id }) => id === current) ? current : person);
  $("users").querySelector('[aria-pressed="true"]').focus();
}

function setTyping(chat, on) {
  clearTimeout(typing.get(chat));
  typing.delete(chat);
  if (on) typing.set(chat, setTimeout(() => setTyping(chat, false), 5000));
  drawHeader();
  drawChats();
}

function put(message) {
  const { chat } = message;
  if (!messages.has(chat)) messages.set(chat, new Map());
  messages.get(chat).set(message.message_id, message);
  if (chat === current) log.put(message, view());
  if (isShown(chat)) markRead(chat);
  if (message.from === world.bot.id && typing.has(chat)) setTyping(chat, false);
  drawChats();
}

const EVENTS = {
  message: ({ message }) => put(message),
  edit: ({ message }) => { if (messages.get(message.chat)?.has(message.message_id)) put(message); },
  delete: ({ chat, message_id: id }) => {
    messages.get(chat)?.delete(id);
    if (chat === current) drawConversation(false);
    drawChats();
  },
  typing: ({ chat }) => setTyping(chat, true),
  commands: ({ commands }) => { world.commands = commands; },
  clock: ({ clock }) => setClock(clock),
  bot: ({ online }) => {
    world.bot_online = online;
    drawOnline();
  },
  chat: ({ chat }) => {
    world.chats = world.chats.map((known) => (known.id === chat.id ? chat : known));
    drawHeader();
    drawChats();
  },
};

function refuse(text) {
  $("refusal").textContent = text;
  $("refusal").hidden = !text;
}

/** Do what a person asked; a failure is told beside the composer and passed on. */
async function say(path, body) {
  refuse("");
  try {
    const { message } = await call(path, { user, ...body });
    log.toEnd();
    if (message) put(message);
  } catch (error) {
    refuse(error.message);
    throw error;
  }
}

const composer = createComposer({
  form: $("composer"), input: $("input"), list: $("commands"), button: $("commands-button"),
  commands: () => [...(world?.commands ?? [])],
  send: (text) => say("/api/send", { chat: current, text }),
});

const send = (text) => say("/api/send", { chat: current, text }).catch(() => {});
const start = (payload) => say("/api/start", { chat: user, ...(payload && { payload }) }).catch(() => {});

listen($("log"), {
  say: send,
  press: (id, data) => call("/api/press", { user, chat: current, message_id: id, data }),
  start: (payload) => {
    if (current !== user) openChat(user);
    start(payload);
  },
  botName: () => world.bot.username,
});
$("chats").addEventListener("click", ({ target }) => {
  const row = target.closest("[data-chat]");
  if (row) openChat(Number(row.dataset.chat));
});
$("users").addEventListener("click", ({ target }) => {
  if (target.dataset.user) switchUser(Number(target.dataset.user));
});
$("back").addEventListener("click", () => {
  document.body.dataset.screen = "list";
  $("chats").querySelector('[aria-current="true"]')?.focus();
});
const setBlocked = (blocked) => call("/api/block", { user, blocked });
$("block").addEventListener("click", () => {
  $("menu").hidePopover();
  withBusy($("block"), () => setBlocked(!chatOf(current).blocked));
});
$("unblock").addEventListener("click", () => withBusy($("unblock"), () => setBlocked(false)));
document.querySelector(".jumps").addEventListener("click", ({ target }) => {
  if (target.tagName !== "BUTTON") return;
  const body = target.id === "jump" ? { to: "next" } : { advance: Number(target.dataset.advance) };
  withBusy(target, async () => setClock((await call("/api/clock", body)).clock));
});
$("input").addEventListener("input", () => refuse(""));
/** What came while the conversation was out of view is read once it is seen. */
function seen() {
  if (!world || !isShown(current)) return;
  markRead(current);
  drawChats();
}
wide.addEventListener("change", seen);
openTabs($("tabs"), $("panel-chat"), seen);

follow({
  onState: (state) => {
    const first = !world;
    world = state;
    messages = new Map(Object.entries(state.messages).map(([chat, list]) =>
      [Number(chat), new Map(list.map((message) => [message.message_id, message]))]));
    if (!world.users.some(({ id }) => id === user)) user = world.users[0].id;
    if (!mine(user).some(({ id }) => id === current)) current = user;
    setClock(state.clock);
    for (const person of world.users) {
      for (const { id } of mine(person.id)) {
        const last = inChat(id).at(-1)?.message_id ?? 0; // a restarted server counts from 1 again
        read.set(`${person.id}:${id}`, first ? last : Math.min(read.get(`${person.id}:${id}`) ?? 0, last));
      }
    }
    if (first) setInterval(drawClock, 1000);
    document.body.removeAttribute("aria-busy");
    announce("server", "");
    draw(first);
    if (first && wide.matches) {
      document.body.dataset.screen = "chat"; // a window made narrow later stays at the conversation
      composer.focus();
    }
  },
  onEvent: (event) => EVENTS[event.type]?.(event),
  onDown: (wait) => announce("server", `No connection to the demo. Trying again in ${Math.ceil(wait)} s…`),
});
