// What a message holds beside its text: pictures, files, places, rich articles; and what service messages say.
// Everything becomes a text node or an element made here: no text is ever read as HTML.
import { element } from "./dom.js";
import { link } from "./entities.js";

const size = (bytes) => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KB`);
const degrees = (value, [plus, minus]) => `${Math.abs(value).toFixed(4)}° ${value < 0 ? minus : plus}`;
const place = ({ latitude, longitude }) => `${degrees(latitude, "NS")}, ${degrees(longitude, "EW")}`;

function photo([{ file_id: id, width, height }], message) {
  return element("img", { class: "photo", src: `/api/files/${id}`, width, height, alt: message.text || "Picture" });
}

function documentLink({ file_id: id, file_name: name, file_size: bytes }) {
  return element("a", { class: "file", href: `/api/files/${id}`, download: name },
    element("b", {}, name), element("span", {}, size(bytes)));
}

function pin(at) {
  return element("p", { class: "place" }, element("b", {}, "Location"), element("span", {}, place(at)));
}

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", subscript: "sub", superscript: "sup",
  marked: "mark",
};

/** Nodes of a RichText: a string, a list, or a styled part. */
function richText(text) {
  if (typeof text === "string") return [text];
  if (Array.isArray(text)) return text.flatMap(richText);
  const inside = richText(text.text ?? "");
  if (text.type === "url") return [link(text.url, inside)];
  return [element(TAGS[text.type] ?? "span", {}, ...inside)];
}

const blocks = (list) => list.map(block);
const credit = ({ credit: by }) => (by ? [element("cite", {}, ...richText(by))] : []);

function table({ cells, caption }) {
  const cell = ({ text, is_header: head }) => element(head ? "th" : "td", {}, ...richText(text ?? ""));
  const rows = cells.map((row) => element("tr", {}, ...row.map(cell)));
  return element("div", { class: "scroll" },
    element("table", {}, ...(caption ? [element("caption", {}, ...richText(caption))] : []), ...rows));
}

/** The element of a RichBlock. */
function block(one) {
  switch (one.type) {
    case "heading": return element(one.size < 3 ? "h3" : "h4", {}, ...richText(one.text));
    case "pre": return element("pre", {}, ...richText(one.text));
    case "footer": return element("p", { class: "footer" }, ...richText(one.text));
    case "divider": return element("hr");
    case "list": {
      const ordered = one.items[0]?.label !== "•";
      return element(ordered ? "ol" : "ul", {}, ...one.items.map((item) => element("li", {}, ...blocks(item.blocks))));
    }
    case "blockquote": return element("blockquote", {}, ...blocks(one.blocks), ...credit(one));
    case "pullquote": return element("blockquote", { class: "pull" }, ...richText(one.text), ...credit(one));
    case "table": return table(one);
    case "details":
      return element("details", one.is_open ? { open: "" } : {},
        element("summary", {}, ...richText(one.summary)), ...blocks(one.blocks));
    default: return element("p", {}, ...richText(one.text ?? ""));
  }
}

const NODES = {
  photo,
  document: documentLink,
  location: pin,
  rich_message: ({ blocks: list }) => element("div", { class: "rich" }, ...blocks(list)),
};

/** Nodes that stand above a message's text. */
export function contentNodes(message) {
  const content = message.content ?? {};
  return Object.keys(content).filter((name) => NODES[name]).map((name) => NODES[name](content[name], message));
}

/** The sentence of a service message, or null for any other message; `name` names its sender. */
export function serviceText(message, name) {
  const content = message.content ?? {};
  if (content.forum_topic_created) return `${name} opened the topic “${content.forum_topic_created.name}”`;
  if (content.forum_topic_closed) return `${name} closed the topic`;
  if (content.forum_topic_reopened) return `${name} opened the topic again`;
  if (content.new_chat_members) return `${name} added ${content.new_chat_members[0].first_name}`;
  if (content.chat_shared) return `${name} chose ${content.chat_shared.title ?? "a chat"} for the bot`;
  return null;
}

/** A message in a few words, for lists and quotations. */
export function brief(message) {
  const content = message.content ?? {};
  if (content.photo) return message.text || "Picture";
  if (content.document) return content.document.file_name;
  if (content.location) return "Location";
  if (content.rich_message) return message.text || "Article";
  return message.text;
}
