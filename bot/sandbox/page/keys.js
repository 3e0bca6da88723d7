// Reply keyboards: the bot's buttons in place of a person's own words, below the box.
import { element } from "./dom.js";

/** The reply keyboard that counts after these messages: {id, rows, once, placeholder}, or null. */
export function replyKeyboard(messages) {
  const last = messages.findLast(({ reply_markup: markup }) => markup?.keyboard || markup?.remove_keyboard || markup?.force_reply);
  const markup = last?.reply_markup;
  if (!markup || markup.remove_keyboard) return null;
  const { keyboard: rows = [], one_time_keyboard: once = false, input_field_placeholder: placeholder = "" } = markup;
  return { id: last.message_id, rows, once, placeholder };
}

/**
 * Fill `box` with the keyboard's rows; `press` is told of the button and its message. `name` tells whose keyboard it is:
 * while it stays the same, so do the buttons, and the focus on one.
 */
export function showKeys(box, name, keyboard, press) {
  const shown = keyboard ? `${name}:${keyboard.id}` : "";
  if (box.dataset.keyboard === shown) return;
  box.dataset.keyboard = shown;
  const rows = (keyboard?.rows ?? []).map((row) => element("div", { class: "row" }, ...row.map((button) => {
    const mark = button.request_location ? " place-key" : button.request_chat ? " chat-key" : "";
    const made = element("button", { type: "button", class: `key${mark}` }, button.text);
    made.addEventListener("click", () => press(button, keyboard));
    return made;
  })));
  box.replaceChildren(...rows);
  box.hidden = !rows.length;
}
