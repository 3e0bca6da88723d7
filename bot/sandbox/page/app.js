// The demo's page: the world as the server tells it, who looks at it, and what a person can do.
import { call, follow } from "./api.js";
import { createComposer } from "./composer.js";
import { brief, contentNodes, serviceText } from "./content.js";
import { element, shortMoment } from "./dom.js";
import { listen } from "./gestures.js";
import { replyKeyboard, showKeys } from "./keys.js";
import { createLog } from "./log.js";
import { announce, toast, withBusy } from "./notices.js";
import { avatar, chatRow, emptyState } from "./render.js";
import { askChat, askName, choose, choosePlace, showRoles } from "./sheets.js";
import { openTabs } from "./tabs.js";

const $ = (id) => document.getElementById(id);
const LANGUAGES = [["en", "English"], ["ru", "Русский"], ["kk", "Қазақша"]];
const ADMINISTRATORS = ["creator", "administrator"];
const PRESENT = [...ADMINISTRATORS, "member"];
const wide = matchMedia("(min-width: 721px)");
const log = createLog($("log"), $("down"));
const read = new Map(); // "user:chat:topic" -> the last message that this person has seen
const drafts = new Map(); // the same -> what stands in the box
const used = new Map(); // the same -> the message whose one-time keyboard was used
const typing = new Map(); // chat -> timer
let world = null;
let messages = new Map(); // chat -> Map of message_id -> message
let user = 0;
let current = 0;
let topic = null; // of the current chat: a thread, or null for General and for chats without topics
let lead = 0; // seconds that the demo's clock is ahead of this computer's
let menu = Promise.resolve({ commands: [], description: "" });

const now = () => Date.now() / 1000 + lead;
const spot = (chat, thread) => `${user}:${chat}:${thread ?? 0}`;
const here = () => spot(current, topic);
const inChat = (chat) => [...(messages.get(chat) ?? new Map()).values()];
const inTopic = (chat, thread) => inChat(chat).filter((message) => (message.thread ?? null) === thread);
const chatOf = (id) => world.chats.find((chat) => chat.id === id);
const memberOf = (chat, who) => chat.members.find((member) => member.user === who);
const role = (chat, who) => memberOf(chat, who)?.status;
const mine = (who) =>
  world.chats.filter((chat) => (chat.type === "private" ? chat.id === who : PRESENT.includes(role(chat, who))));
const threads = (chat) => (chat.topics.length ? chat.topics.map(({ thread }) => thread) : [null]);
const topicOf = (chat, thread) => chat.topics.find((one) => one.thread === thread);
const titleOf = (chat) => (chat.type === "private" ? world.bot.first_name : chat.title);
const picture = (chat) => avatar(chat.id, titleOf(chat), chat.type === "private");
const inView = () => !$("panel-chat").hidden && (wide.matches || document.body.dataset.screen === "chat");
const isShown = (message) => message.chat === current && (message.thread ?? null) === topic && inView();

/** Why this person cannot write here, or nothing. */
function obstacle(chat) {
  const admin = ADMINISTRATORS.includes(role(chat, user));
  if (chat.type === "channel" && !admin) return "Only administrators can write here";
  if (chat.type !== "private" && !memberOf(chat, user)?.can_post) return "You may not write here";
  return topicOf(chat, topic)?.closed && !admin ? "This topic is closed" : "";
}

function nameOf(message) {
  const sender = [world.bot, ...world.users].find(({ id }) => id === message.from);
  return sender?.first_name ?? chatOf(message.chat).title;
}

const told = (message) => serviceText(message, message.from === user ? "You" : nameOf(message));
const view = () => ({
  user, now, name: nameOf, named: chatOf(current).type === "supergroup", find: (id) => messages.get(current)?.get(id),
  botName: world.bot.username, content: contentNodes, brief, service: told,
});

function unreadIn(chat, thread) {
  const since = read.get(spot(chat, thread)) ?? 0;
  return inTopic(chat, thread).filter((one) => one.message_id > since && one.from !== user).length;
}

const unreadOf = (chat) => threads(chat).reduce((sum, thread) => sum + unreadIn(chat.id, thread), 0);

function markRead() {
  read.set(here(), inTopic(current, topic).at(-1)?.message_id ?? 0);
}

function drawChats() {
  const focused = document.activeElement?.closest?.("[data-chat]")?.dataset.chat;
  const rows = mine(user).map((chat) => {
    const last = inChat(chat.id).at(-1);
    const sender = last && chat.type === "supergroup" && !told(last) ? `${last.from === user ? "You" : nameOf(last)}: ` : "";
    return chatRow({
      chat, last, title: titleOf(chat), picture: picture(chat), now: now(), unread: unreadOf(chat),
      preview: last ? told(last) ?? sender + brief(last).slice(0, 120) : "No messages yet", current: chat.id === current,
      typing: typing.has(chat.id),
    });
  });
  $("chats").replaceChildren(...rows);
  if (focused) $("chats").querySelector(`[data-chat="${focused}"]`)?.focus();
  const unread = mine(user).reduce((sum, chat) => sum + unreadOf(chat), 0);
  document.title = `${unread ? `(${unread}) ` : ""}${titleOf(chatOf(current))} · demo`;
  drawTopics();
}

function drawTopics() {
  const { topics } = chatOf(current);
  const focused = document.activeElement?.closest?.("[data-thread]")?.dataset.thread;
  $("topics").hidden = !topics.length;
  $("topics").replaceChildren(...topics.map(({ thread, name, closed }) => {
    const unread = unreadIn(current, thread);
    const label = `${name}${closed ? ", closed" : ""}${unread ? `, ${unread} unread` : ""}`;
    return element("button", { type: "button", "data-thread": thread ?? "", "aria-label": label, "aria-pressed": thread === topic },
      element("span", {}, name), ...(closed ? [element("span", { class: "closed" }, "closed")] : []),
      ...(unread ? [element("span", { class: "count" }, unread > 99 ? "99+" : unread)] : []));
  }));
  if (focused !== undefined) $("topics").querySelector(`[data-thread="${focused}"]`)?.focus();
}

function drawUsers() {
  $("users").replaceChildren(...world.users.map(({ id, first_name: name }) =>
    element("button", { type: "button", "data-user": id, "aria-pressed": id === user }, name)));
  const spoken = world.users.find(({ id }) => id === user).language_code;
  document.body.dataset.spoken = spoken;
  $("languages").replaceChildren(...LANGUAGES.map(([code, name]) =>
    element("button", { type: "button", lang: code, "data-language": code, "aria-pressed": code === spoken }, name)));
}

function drawHeader() {
  const chat = chatOf(current);
  const grouped = chat.type !== "private";
  const count = chat.members.filter(({ status }) => PRESENT.includes(status)).length;
  $("avatar").replaceChildren(picture(chat));
  $("title").textContent = titleOf(chat);
  $("subtitle").textContent = typing.has(current) ? "typing…" : grouped ? `${count} members` : "bot";
  $("subtitle").classList.toggle("live", typing.has(current));
  $("roles").hidden = !grouped;
  $("new-topic").hidden = $("close-topic").hidden = !chat.topics.length;
  $("close-topic").textContent = topicOf(chat, topic)?.closed ? "Open topic again" : "Close topic";
  $("block").hidden = grouped;
  $("block").textContent = chat.blocked ? "Unblock bot" : "Block bot";
  $("unblock").hidden = !chat.blocked;
  $("readonly").textContent = obstacle(chat);
  $("readonly").hidden = !obstacle(chat);
  $("composer").hidden = Boolean(chat.blocked || obstacle(chat));
  drawKeys();
}

function drawKeys() {
  const keyboard = replyKeyboard(inTopic(current, topic));
  const away = $("composer").hidden || (keyboard?.once && used.get(here()) === keyboard.id);
  showKeys($("keys"), here(), away ? null : keyboard, pressKey);
  $("input").placeholder = (!away && keyboard?.placeholder) || "Message";
}

async function drawConversation(fresh) {
  drawHeader();
  const at = here();
  const show = (description) =>
    log.show(inTopic(current, topic), view(), emptyState(chatOf(current), world.bot.first_name, description), fresh);
  show("");
  if (isShown({ chat: current, thread: topic })) markRead();
  const { description } = await menu;
  if (description && at === here() && !inTopic(current, topic).length) show(description);
}

function drawClock() {
  const next = world.clock.next;
  $("now").textContent = shortMoment(now());
  $("next").textContent = next ? shortMoment(next) : "none planned yet";
}

function drawOnline() {
  announce("bot", world.bot_online ? "" : "The bot is not connected yet. What you write waits for it.");
}

/** Ask what this person sees of the bot in this chat: its commands, and its description. */
function askMenu() {
  const nothing = { commands: [], description: "" };
  menu = call(`/api/menu?user=${user}&chat=${current}`).catch(() => nothing);
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

/** Look through another person's eyes, at another chat or topic; what stands in the box waits for the return. */
function goTo(person, chat, thread = threads(chatOf(chat))[0]) {
  drafts.set(here(), $("input").value);
  [user, current, topic] = [person, chat, thread];
  askMenu();
  composer.write(drafts.get(here()) ?? "");
  refuse("");
  draw(true);
}

function openChat(chat, thread) {
  document.body.dataset.screen = "chat";
  goTo(user, chat, thread);
  if (wide.matches) composer.focus();
  else $("back").focus();
}

function switchUser(person) {
  const stays = mine(person).some(({ id }) => id === current);
  goTo(person, stays ? current : person, stays ? topic : undefined);
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
  if (chat === current && (message.thread ?? null) === topic) log.put(message, view());
  if (isShown(message)) markRead();
  if (message.from === world.bot.id && typing.has(chat)) setTyping(chat, false);
  if (chat === current) drawKeys();
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
  commands: () => {
    askMenu();
    if (!inTopic(current, topic).length) drawConversation(false);
  },
  users: ({ users }) => {
    world.users = users;
    askMenu();
    draw(false);
  },
  clock: ({ clock }) => setClock(clock),
  bot: ({ online }) => {
    world.bot_online = online;
    drawOnline();
  },
  chat: ({ chat }) => {
    const known = world.chats.some(({ id }) => id === chat.id);
    world.chats = known ? world.chats.map((one) => (one.id === chat.id ? chat : one)) : [...world.chats, chat];
    askMenu();
    if (chat.id === current && !mine(user).includes(chat)) goTo(user, user);
    drawHeader();
    drawChats();
  },
};

function refuse(text) {
  $("refusal").textContent = text;
  $("refusal").hidden = !text;
}

/** Do what a person asked here; a failure is told beside the composer and passed on. */
async function say(path, body) {
  refuse("");
  try {
    const { message } = await call(path, { user, chat: current, ...(topic && { thread: topic }), ...body });
    log.toEnd();
    if (message) put(message);
  } catch (error) {
    refuse(error.message);
    throw error;
  }
}

/** The same, where the refusal beside the composer is all that there is to do. */
const quietly = (path, body) => say(path, body).catch(() => {});
const act = (path, body) => call(path, { user, chat: current, ...body });
const send = (text, replyTo) => quietly("/api/send", { text, ...(replyTo && { reply_to: replyTo }) });

const start = (payload) => {
  if (current !== user) openChat(user);
  return quietly("/api/start", payload && { payload });
};

const composer = createComposer({
  form: $("composer"), input: $("input"), list: $("commands"), button: $("commands-button"),
  commands: async () => [...(await menu).commands],
  botName: () => world?.bot.username ?? "",
  send: (text) => say("/api/send", { text }),
  ask: (query, offset) => act("/api/inline", { query, offset }),
  choose: (id, result) => say("/api/choose", { query_id: id, result }),
  start,
});

const asOption = (chat) => ({
  id: chat.id, name: titleOf(chat),
  note: { private: "bot", channel: "channel" }[chat.type] ?? (chat.topics.length ? "group with topics" : "group"),
});
const chooseChat = (title, chats) => choose(title, chats.map(asOption), "None of your chats fits. Make one with + above the chats.");

async function switchInline(button) {
  const chosen = button.switch_inline_query_chosen_chat;
  const allowed = (chat) => !chosen || chosen[{ private: "allow_bot_chats", channel: "allow_channel_chats" }[chat.type] ?? "allow_group_chats"];
  if (!("switch_inline_query_current_chat" in button)) {
    const id = await chooseChat("Share in…", mine(user).filter(allowed));
    if (id === null) return;
    if (id !== current) openChat(id);
  }
  composer.query(chosen?.query ?? button.switch_inline_query_current_chat ?? button.switch_inline_query ?? "");
}

async function startGroup(payload) {
  const groups = mine(user).filter((chat) => chat.type === "supergroup");
  const id = await chooseChat("Add the bot to…", groups);
  if (id === null) return;
  openChat(id);
  quietly("/api/start", payload && { payload });
}

/** Press a button of a reply keyboard: it writes its text, or shares a place or a chat. */
async function pressKey(button, keyboard) {
  const done = () => {
    if (keyboard.once) used.set(here(), keyboard.id);
    drawKeys();
    if (keyboard.once && wide.matches) composer.focus();
  };
  if (button.request_location) {
    const place = await choosePlace();
    if (place) await quietly("/api/location", place).then(done);
  } else if (button.request_chat) {
    const { request_id: request } = button.request_chat;
    const { chats } = await act("/api/share", { request_id: request });
    const chosen = await chooseChat(button.text, chats.map(chatOf));
    if (chosen !== null) await quietly("/api/share", { request_id: request, chosen }).then(done);
  } else {
    done();
    await send(button.text, chatOf(current).type === "supergroup" && keyboard.id);
  }
}

listen($("log"), {
  say: (text) => send(text),
  press: (id, data) => act("/api/press", { message_id: id, data }),
  start, startGroup, switchInline,
  botName: () => world.bot.username,
});
$("chats").addEventListener("click", ({ target }) => {
  const row = target.closest("[data-chat]");
  if (row) openChat(Number(row.dataset.chat));
});
$("topics").addEventListener("click", ({ target }) => {
  const tab = target.closest("[data-thread]");
  if (tab) openChat(current, Number(tab.dataset.thread) || null);
});
$("users").addEventListener("click", ({ target }) => {
  if (target.dataset.user) switchUser(Number(target.dataset.user));
});
$("languages").addEventListener("click", ({ target }) => {
  const { language } = target.dataset;
  if (language) withBusy(target, () => call("/api/language", { user, language }));
});
$("back").addEventListener("click", () => {
  document.body.dataset.screen = "list";
  $("chats").querySelector('[aria-current="true"]')?.focus();
});
const fromMenu = (id, action) => $(id).addEventListener("click", () => {
  $("menu").hidePopover();
  withBusy($(id), action);
});
const setBlocked = (blocked) => call("/api/block", { user, blocked });
fromMenu("block", () => setBlocked(!chatOf(current).blocked));
fromMenu("roles", async () => { showRoles(chatOf(current), [world.bot, ...world.users], (body) => act("/api/role", body)); });
fromMenu("close-topic", () => act("/api/topic", { thread: topic, closed: !topicOf(chatOf(current), topic).closed }));
$("new-topic").addEventListener("click", async () => {
  $("menu").hidePopover();
  const name = await askName("New topic", "Name", "Create");
  if (name === null) return;
  const made = await act("/api/topic", { name }).catch((error) => toast(error.message, "error"));
  if (made) openChat(current, made.thread);
});
$("new-chat").addEventListener("click", async () => {
  const wish = await askChat();
  const made = wish && await act("/api/chat", wish).catch((error) => toast(error.message, "error"));
  if (made) openChatSoon(made.chat);
});
$("unblock").addEventListener("click", () => withBusy($("unblock"), () => setBlocked(false)));
document.querySelector(".jumps").addEventListener("click", ({ target }) => {
  if (target.tagName !== "BUTTON") return;
  const body = target.id === "jump" ? { to: "next" } : { advance: Number(target.dataset.advance) };
  withBusy(target, async () => setClock((await call("/api/clock", body)).clock));
});
$("input").addEventListener("input", () => refuse(""));

/** Open a chat once the page knows it: its event may come after the answer that names it. */
function openChatSoon(chat, tries = 40) {
  if (chatOf(chat)) openChat(chat);
  else if (tries) setTimeout(openChatSoon, 50, chat, tries - 1);
}

/** What came while the conversation was out of view is read once it is seen. */
function seen() {
  if (!world || !inView()) return;
  markRead();
  drawChats();
}
wide.addEventListener("change", seen);
openTabs($("tabs"), $("panel-chat"), seen);

/** Take what is there for read at the first look; after a restart, which counts from 1 again, no more than there is. */
function countRead(first) {
  for (const person of world.users) {
    for (const chat of mine(person.id)) {
      for (const thread of threads(chat)) {
        const key = `${person.id}:${chat.id}:${thread ?? 0}`;
        const last = inTopic(chat.id, thread).at(-1)?.message_id ?? 0;
        read.set(key, first ? last : Math.min(read.get(key) ?? 0, last));
      }
    }
  }
}

follow({
  onState: (state) => {
    const first = !world;
    world = state;
    messages = new Map(Object.entries(state.messages).map(([chat, list]) =>
      [Number(chat), new Map(list.map((message) => [message.message_id, message]))]));
    if (!world.users.some(({ id }) => id === user)) user = world.users[0].id;
    if (!mine(user).some(({ id }) => id === current)) current = user;
    if (!threads(chatOf(current)).includes(topic)) [topic] = threads(chatOf(current));
    setClock(state.clock);
    countRead(first);
    askMenu();
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
