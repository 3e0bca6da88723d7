// Sheets that ask a person for something: which chat, which place, a name, who may do what.
import { element } from "./dom.js";
import { withBusy } from "./notices.js";

const $ = (id) => document.getElementById(id);
let settle = () => {};

/** Open the sheet; the promise gives what was chosen, or null when it was closed. */
function open(title, ...body) {
  $("sheet-title").textContent = title;
  $("sheet-body").replaceChildren(...body);
  $("sheet").showModal();
  return new Promise((resolve) => { settle = resolve; });
}

function finish(value) {
  settle(value);
  settle = () => {};
  if ($("sheet").open) $("sheet").close();
}

$("sheet").addEventListener("close", () => finish(null));
$("sheet-close").addEventListener("click", () => finish(null));
$("sheet").addEventListener("click", ({ target }) => { if (target === $("sheet")) finish(null); });

const field = (label, input) => element("label", { class: "field" }, element("span", {}, label), input);

function form(button, fields, value) {
  const made = element("form", {}, ...fields, element("button", { class: "primary" }, button));
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    finish(value(new FormData(made)));
  });
  return made;
}

/** Choose one of [{id, name, note}]; `none` is said when there is nothing to choose from. */
export function choose(title, options, none) {
  if (!options.length) return open(title, element("p", { class: "soft-text" }, none));
  const rows = options.map(({ id, name, note }) => {
    const row = element("button", { type: "button", class: "option" }, element("b", {}, name), element("span", {}, note ?? ""));
    row.addEventListener("click", () => finish(id));
    return element("li", {}, row);
  });
  return open(title, element("ul", {}, ...rows));
}

const PLACES = [
  { name: "Almaty", latitude: 43.2389, longitude: 76.8897 },
  { name: "Lisbon", latitude: 38.7223, longitude: -9.1393 },
  { name: "London", latitude: 51.5072, longitude: -0.1276 },
  { name: "New York", latitude: 40.7128, longitude: -74.006 },
  { name: "Kathmandu", latitude: 27.7172, longitude: 85.324 },
];

/** Choose a place; gives {latitude, longitude}. */
export function choosePlace() {
  const rows = PLACES.map(({ name, ...at }) => {
    const row = element("button", { type: "button", class: "option" },
      element("b", {}, name), element("span", {}, `${at.latitude}, ${at.longitude}`));
    row.addEventListener("click", () => finish(at));
    return element("li", {}, row);
  });
  const number = (name, most) =>
    element("input", { name, type: "number", step: "any", min: -most, max: most, required: "" });
  const own = form("Share this place",
    [element("div", { class: "pair" }, field("Latitude", number("latitude", 90)), field("Longitude", number("longitude", 180)))],
    (data) => ({ latitude: Number(data.get("latitude")), longitude: Number(data.get("longitude")) }));
  return open("Share a place", element("ul", {}, ...rows), own);
}

/** Ask for a name. */
export function askName(title, label, button) {
  const input = element("input", { name: "name", required: "", maxlength: "128", autocomplete: "off" });
  return open(title, form(button, [field(label, input)], (data) => data.get("name")));
}

/** Ask for a new chat; gives {type, title, forum, bot}. */
export function askChat() {
  const kinds = [["group", "Group"], ["forum", "Group with topics"], ["channel", "Channel"]];
  const kind = element("select", { name: "kind" }, ...kinds.map(([value, name]) => element("option", { value }, name)));
  const title = element("input", { name: "title", required: "", maxlength: "128", autocomplete: "off" });
  const bot = element("input", { name: "bot", type: "checkbox", checked: "" });
  const fields = [field("Title", title), field("Kind", kind),
    element("label", { class: "check" }, bot, "Add the bot to it")];
  return open("New group or channel", form("Create", fields, (data) => {
    const channel = data.get("kind") === "channel";
    return {
      type: channel ? "channel" : "supergroup",
      forum: data.get("kind") === "forum",
      title: data.get("title"),
      bot: data.get("bot") ? (channel ? "administrator" : "member") : "left",
    };
  }));
}

const ROLES = ["administrator", "member", "left", "kicked"];

/** Show who is what in `chat`; `people` has the names, `change` is told of every change at once. */
export function showRoles(chat, people, change) {
  const rows = people.map(({ id, first_name: name, is_bot: bot }) => {
    const member = chat.members.find((one) => one.user === id) ?? { status: "left", can_post: true, anonymous: false };
    const update = (control, body) => withBusy(control, () => change({ member: id, ...body }));
    const options = ROLES.map((role) =>
      element("option", { value: role, ...(role === member.status && { selected: "" }) }, role));
    const role = member.status === "creator" ? element("span", { class: "soft-text" }, "creator")
      : element("select", { "aria-label": `Role of ${name}` }, ...options);
    role.addEventListener("change", () => update(role, { status: role.value }));
    const check = (label, on, key) => {
      const box = element("input", { type: "checkbox", "aria-label": `${name}: ${label}`, ...(on && { checked: "" }) });
      box.addEventListener("change", () => update(box, { [key]: box.checked }));
      return element("label", { class: "check" }, box, label);
    };
    return element("li", { class: "member" }, element("b", {}, name), role,
      element("div", { class: "rights" }, check("may write", member.can_post, "can_post"),
        ...(chat.type === "supergroup" && !bot
          ? [check("writes as the group", member.anonymous, "anonymous")] : [])));
  });
  return open("Members and roles", element("ul", {}, ...rows),
    element("p", { class: "soft-text" }, "“Writes as the group” counts for administrators: their names stay hidden."));
}
