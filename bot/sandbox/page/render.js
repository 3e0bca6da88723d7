// What the page shows, as DOM nodes: bubbles with their keyboards, rows of the chat list, invitations.
import { clockTime, element, longDay, shortDay } from "./dom.js";
import { link, nest, toNodes } from "./entities.js";

const SAME_BREATH = 600; // seconds within which one sender's messages stand together
const SWITCHES = ["switch_inline_query", "switch_inline_query_current_chat", "switch_inline_query_chosen_chat"];
const isoDay = (unix) => new Date(unix * 1000).toDateString();

/** A circle with initials; the bot has its picture. */
export function avatar(id, name, isBot) {
  if (isBot) return element("img", { class: "avatar", src: "/page/icon.svg", alt: "" });
  const initials = name.split(/\s+/, 2).map((word) => [...word][0] ?? "").join("").toUpperCase();
  return element("span", { class: `avatar hue${Math.abs(id) % 3}`, "aria-hidden": "true" }, initials);
}

function key(button) {
  const label = button.text;
  if (button.url) return link(button.url, [label], { class: "key outward" });
  const attributes = { type: "button", class: "key" };
  if (button.callback_data !== undefined) attributes["data-callback"] = button.callback_data;
  else if (button.copy_text) Object.assign(attributes, { class: "key copy", "data-copy": button.copy_text.text });
  else if (SWITCHES.some((name) => name in button)) Object.assign(attributes, { class: "key switch", "data-switch": JSON.stringify(button) });
  else attributes["data-unsupported"] = "";
  return element("button", attributes, label);
}

function keyboard(rows) {
  const row = (buttons) => element("div", { class: "row" }, ...buttons.map(key));
  return element("div", { class: "keyboard", role: "group", "aria-label": "Buttons" }, ...rows.map(row));
}

function bubble(message, view) {
  const parts = [];
  const sender = view.name(message);
  if (view.named && message.from !== view.user) {
    parts.push(element("p", { class: `sender ink${(message.from ?? 0) % 5}` }, sender));
  }
  if (message.via_bot) parts.push(element("p", { class: "via" }, `via @${view.botName}`));
  const original = message.reply_to && view.find(message.reply_to);
  if (original) {
    const quoted = (view.brief?.(original) ?? original.text).slice(0, 120).replaceAll("\n", " ");
    parts.push(element("p", { class: "reply" }, element("b", {}, view.name(original)), element("span", {}, quoted)));
  }
  parts.push(...(view.content?.(message) ?? []));
  parts.push(element("div", { class: "text" }, ...toNodes(nest(message.text, message.entities ?? []), view.now())));
  if (message.date) { // a preview shows messages that nobody has sent yet
    const at = element("time", { datetime: new Date(message.date * 1000).toISOString() }, clockTime(message.date));
    parts.push(element("span", { class: "meta" }, 
      ...(message.silent ? [element("span", { class: "silent", title: "Sent without a sound" }, "silent ")] : []),
      ...(message.edit_date ? ["edited "] : []), at));
  }
  return element("div", { class: "bubble" }, ...parts);
}

/** Fill a message's article, new or known; the element stays, so that an edit moves nothing. */
export function fillMessage(article, message, view) {
  const service = view.service?.(message);
  if (service) {
    article.classList.add("service");
    article.replaceChildren(element("p", { class: "day" }, service));
    return;
  }
  const rows = message.reply_markup?.inline_keyboard ?? [];
  article.classList.add(message.from === view.user ? "out" : "in");
  article.setAttribute("aria-label", view.name(message));
  article.replaceChildren(bubble(message, view), ...(rows.length ? [keyboard(rows)] : []));
}

/** Nodes that show a message below `previous`: perhaps a line with the day, then its article. */
export function messageNodes(message, previous, view) {
  const newDay = !previous || isoDay(previous.date) !== isoDay(message.date);
  const joined = !newDay && !view.service?.(previous) && previous.from === message.from && message.date - previous.date < SAME_BREATH;
  const kind = joined ? "message joined" : "message";
  const article = element("article", { class: kind, "data-message-id": message.message_id });
  fillMessage(article, message, view);
  return newDay ? [element("p", { class: "day" }, element("time", {}, longDay(message.date))), article] : [article];
}

/** One row of the chat list. */
export function chatRow({ chat, title, picture, last, preview, unread, current, typing, now }) {
  const time = last ? (isoDay(last.date) === isoDay(now) ? clockTime(last.date) : shortDay(last.date)) : "";
  const label = unread ? `${title}, ${unread} unread` : title;
  const attributes = { type: "button", class: "chat", "data-chat": chat.id, "aria-label": label };
  if (current) attributes["aria-current"] = "true";
  return element("li", {}, element("button", attributes,
    picture,
    element("span", { class: "name" }, title),
    element("time", {}, time),
    element("span", { class: typing ? "preview live" : "preview" }, typing ? "typing…" : preview),
    ...(unread ? [element("span", { class: "count" }, unread > 99 ? "99+" : unread)] : []),
  ));
}

const EMPTY = {
  supergroup: ["A quiet group so far", "Here the bot hears commands and nothing else. Try one from the menu below."],
  topic: ["Nothing in this topic yet", "A command written here is answered here."],
  channel: ["No posts yet", "What the bot delivers to this channel appears here."],
};

const INVITATION = [
  "It turns a long article into short digests: any theme whenever you ask, or one a day at the hour that suits you.",
  "Press START to meet it and subscribe. Then move the clock at the top, and tomorrow’s digest is here.",
];

/** What an empty chat shows: an invitation with a START button in a private chat, a hint elsewhere. */
export function emptyState(chat, botName, description) {
  if (chat.type !== "private") {
    const [title, text] = (chat.topics.length && EMPTY.topic) || EMPTY[chat.type];
    return element("div", { class: "empty" }, element("h3", {}, title), element("p", {}, text));
  }
  return element("div", { class: "empty" },
    avatar(0, botName, true),
    element("h3", {}, "What can this bot do?"),
    ...(description ? description.split("\n").filter(Boolean) : INVITATION).map((line) => element("p", {}, line)),
    element("button", { type: "button", class: "primary", "data-start": "" }, "START"));
}
