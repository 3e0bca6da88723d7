// What a person can press inside the conversation: keyboards, commands, links to the bot, spoilers, quotes.
import { safeUrl } from "./entities.js";
import { confirmText, toast, withBusy } from "./notices.js";

function reveal(spoiler) {
  spoiler.classList.add("shown");
  ["role", "tabindex", "aria-label"].forEach((name) => spoiler.removeAttribute(name));
}

function toggle(button) {
  const open = button.parentElement.classList.toggle("open");
  button.setAttribute("aria-expanded", open);
  button.setAttribute("aria-label", open ? "Show less" : "Show all");
}

async function copy(text) {
  await navigator.clipboard.writeText(text).catch(() => { throw new Error("The browser did not allow copying."); });
  toast("Copied");
}

/** The payload of a link that starts this bot (t.me/NAME?start=…), else null. */
function startPayload(address, botName) {
  const url = URL.parse(safeUrl(address ?? "") ?? "");
  return url?.hostname === "t.me" && url.pathname === `/${botName}` ? url.searchParams.get("start") ?? "" : null;
}

/** The payload of a link that adds this bot to a group (t.me/NAME?startgroup=…), else null. */
function groupPayload(address, botName) {
  const url = URL.parse(safeUrl(address ?? "") ?? "");
  return url?.hostname === "t.me" && url.pathname === `/${botName}` ? url.searchParams.get("startgroup") : null;
}

/** Listen to presses in `box`; `act` holds what they lead to: say, press, start, botName; on a page of many chats startGroup and switchInline, too. */
export function listen(box, act) {
  const elsewhere = () => toast("This kind of button works in Telegram only.");

  async function press(button) {
    const id = Number(button.closest("article").dataset.messageId);
    const { url, text, show_alert: alert } = await act.press(id, button.dataset.callback);
    const payload = startPayload(url, act.botName());
    if (payload !== null) act.start(payload);
    else if (url) window.open(safeUrl(url), "_blank", "noopener");
    if (text) (alert ? confirmText : toast)(text);
  }

  const presses = {
    ".spoiler[role]": reveal,
    ".toggle": toggle,
    "[data-command]": (one) => act.say(one.dataset.command),
    "[data-start]": () => act.start(),
    "[data-callback]": (one) => withBusy(one, () => press(one)),
    "[data-copy]": (one) => withBusy(one, () => copy(one.dataset.copy)),
    "[data-switch]": (one) => (act.switchInline ?? elsewhere)(JSON.parse(one.dataset.switch)),
    "[data-unsupported]": elsewhere,
  };

  box.addEventListener("click", (event) => {
    const away = event.target.closest("a[href]");
    const group = away && act.startGroup ? groupPayload(away.href, act.botName()) : null;
    if (group !== null) {
      event.preventDefault();
      act.startGroup(group);
      return;
    }
    const payload = away && startPayload(away.href, act.botName());
    if (away && payload === null) return;
    event.preventDefault();
    if (away) {
      act.start(payload);
      return;
    }
    const selector = Object.keys(presses).find((one) => event.target.closest(one));
    if (selector) presses[selector](event.target.closest(selector));
  });
  box.addEventListener("keydown", (event) => {
    if (!event.target.matches(".spoiler[role]") || !["Enter", " "].includes(event.key)) return;
    event.preventDefault();
    reveal(event.target);
  });
}
