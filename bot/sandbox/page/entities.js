// A message's text and its entities (offsets in UTF-16 units, as JavaScript's strings count) as DOM nodes.
// Everything becomes a text node or an element made here: no text is ever read as HTML.
import { element, relative, when } from "./dom.js";

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);
const PLAIN = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre", blockquote: "blockquote",
};

/** Nest entities: a list of strings and {entity, children}. Overlapping ones are split, empty ones dropped. */
export function nest(text, entities, start = 0, end = text.length) {
  const waiting = [...entities].sort((a, b) =>
    a.offset - b.offset || b.length - a.length || BLOCKS.has(b.type) - BLOCKS.has(a.type));
  const nodes = [];
  let at = start;
  while (waiting.length) {
    const entity = waiting.shift();
    const from = Math.max(entity.offset, at);
    const to = Math.min(entity.offset + entity.length, end);
    if (from >= to) continue;
    if (from > at) nodes.push(text.slice(at, from));
    const inside = waiting.filter((other) => other.offset < to);
    const after = waiting.filter((other) => other.offset >= to);
    const rests = inside
      .filter((other) => other.offset + other.length > to)
      .map((other) => ({ ...other, offset: to, length: other.offset + other.length - to }));
    nodes.push({ entity, text: text.slice(from, to), children: nest(text, inside, from, to) });
    waiting.splice(0, Infinity, ...rests, ...after);
    at = to;
  }
  if (at < end) nodes.push(text.slice(at, end));
  return nodes;
}

/** The address if it is one that a person may open from a message, else null. */
export function safeUrl(address) {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:/i.test(address) ? address : `https://${address}`);
  return url && ["http:", "https:", "mailto:", "tel:", "tg:"].includes(url.protocol) ? url.href : null;
}

/** A link to another site, or plain text when its address is not one to open. */
export function link(address, children, attributes = {}) {
  const href = safeUrl(address);
  if (!href) return element("span", attributes, ...children);
  return element("a", { ...attributes, href, target: "_blank", rel: "noopener noreferrer", title: href }, ...children);
}

function quote(text, children) {
  if (text.length < 160 && text.split("\n").length < 4) return element("blockquote", {}, ...children);
  const attributes = { type: "button", class: "toggle", "aria-expanded": "false", "aria-label": "Show all" };
  return element("blockquote", { class: "expandable" }, ...children, element("button", attributes));
}

function spoiler(children) {
  const attributes = { class: "spoiler", role: "button", tabindex: "0", "aria-label": "Hidden text, press to show" };
  return element("span", attributes, element("span", {}, ...children));
}

function moment({ unix_time: unix, date_time_format: format }, children, now) {
  const attributes = { datetime: new Date(unix * 1000).toISOString(), title: when(unix, "wDt") };
  const shown = format && (format === "r" ? relative(unix - now) : when(unix, format));
  // A browser that does not know the language calls November “M11”: what the bot wrote is better then.
  return element("time", attributes, ...(!shown || /\bM\d\d\b/.test(shown) ? children : [shown]));
}

function toNode({ entity, text, children: tree }, now) {
  const children = toNodes(tree, now);
  switch (entity.type) {
    case "text_link": return link(entity.url ?? "", children);
    case "url": return link(text, children);
    case "email": return link(`mailto:${text}`, children);
    case "phone_number": return link(`tel:${text}`, children);
    case "bot_command":
      return element("button", { type: "button", class: "command", "data-command": text }, ...children);
    case "mention": case "text_mention": case "hashtag": case "cashtag":
      return element("span", { class: "mention" }, ...children);
    case "spoiler": return spoiler(children);
    case "expandable_blockquote": return quote(text, children);
    case "date_time": return moment(entity, children, now);
    default: return element(PLAIN[entity.type] ?? "span", {}, ...children);
  }
}

/** Nodes for a tree of `nest`. The line break after a block is hidden, not dropped: textContent stays the text. */
export function toNodes(tree, now) {
  let afterBlock = false;
  return tree.flatMap((node) => {
    const text = typeof node === "string";
    const hide = text && afterBlock && node.startsWith("\n");
    afterBlock = !text && BLOCKS.has(node.entity.type);
    if (hide) return [element("span", { hidden: "" }, "\n"), node.slice(1)];
    return [text ? node : toNode(node, now)];
  });
}
