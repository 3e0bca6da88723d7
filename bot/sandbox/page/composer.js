// Where a person writes: a growing text box, the menu of commands and their completion, and inline results.
import { element } from "./dom.js";
import { toast } from "./notices.js";

const PAUSE = 250; // milliseconds without a key after which the bot is asked for inline results

/**
 * `commands` promises the bot's commands as [{command, description}]; `send` takes a text and returns a promise that
 * fails when the text was refused (it then comes back into the box). `ask` takes the words after "@bot " and an offset
 * and promises inline results; `choose` sends one; `start` follows their button. `botName` gives the bot's username.
 */
export function createComposer({ form, input, list, button, commands, send, ask, choose, start, botName }) {
  let active = -1;
  let picks = []; // what Enter does with each choice
  let asked = 0;
  let pause = 0;

  const open = () => !list.hidden;
  const choices = () => [...list.querySelectorAll('[role="option"]')];

  function mark(index) {
    active = index;
    choices().forEach((choice, place) => choice.setAttribute("aria-selected", place === index));
    const chosen = choices()[index];
    if (chosen) input.setAttribute("aria-activedescendant", chosen.id);
    else input.removeAttribute("aria-activedescendant");
    chosen?.scrollIntoView({ block: "nearest" });
  }

  function close() {
    list.hidden = true;
    picks = [];
    button.setAttribute("aria-expanded", "false");
    mark(-1);
  }

  /** Show choices, each {name, note, pick, command}; `none` stands there when there is no choice. */
  function show(label, found, none) {
    picks = found.map(({ pick }) => pick);
    list.setAttribute("aria-label", label);
    list.classList.toggle("results", label !== "Commands");
    list.replaceChildren(...found.map(({ name, note, command }, place) =>
      element("li", { role: "option", id: `command-${place}`, ...(command && { "data-command": command }) },
        element("b", {}, name), element("span", {}, note ?? ""))));
    if (!found.length) list.append(element("li", { class: "none" }, none));
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
  }

  const asChoice = ({ command, description }) =>
    ({ name: `/${command}`, note: description, command: `/${command}`, pick: () => submit(`/${command}`) });

  /** Offer the commands that begin as typed; the first is ready for Enter once a letter narrows them. */
  async function complete() {
    const known = await commands();
    const typed = /^\/(\w*)$/.exec(input.value)?.[1].toLowerCase();
    const found = typed === undefined ? [] : known.filter(({ command }) => command.startsWith(typed));
    if (!found.length) {
      close();
      return;
    }
    show("Commands", found.sort((a, b) => (b.command === typed) - (a.command === typed)).map(asChoice));
    mark(typed ? 0 : -1);
  }

  /** The words after "@bot ", or null where the text is no inline query. */
  function inlineQuery() {
    const [, name, words] = /^@(\w+)\s([^]*)$/.exec(input.value) ?? [];
    return name?.toLowerCase() === botName().toLowerCase() ? words : null;
  }

  async function offer(words, offset = "", before = []) {
    asked += 1;
    const mine = asked;
    if (!offset) show("Results", [], "Asking the bot…");
    let found;
    try {
      found = await ask(words, offset);
    } catch (error) {
      if (mine === asked && inlineQuery() === words) show("Results", [], error.message);
      return;
    }
    if (mine !== asked || inlineQuery() !== words) return;
    const pickOf = ({ id }) => () => pick(() => choose(found.query_id, id));
    const results = [...before, ...found.results.map((one) => ({ name: one.title, note: one.description, pick: pickOf(one) }))];
    const lead = found.button && !offset
      ? [{ name: found.button.text, note: "", pick: () => pick(() => start(found.button.start_parameter)) }] : [];
    const more = { name: "More results", note: "", pick: () => offer(words, found.next_offset, [...lead, ...results]) };
    const place = active;
    show("Results", [...lead, ...results, ...(found.next_offset ? [more] : [])], "Nothing found. Try other words.");
    mark(offset ? place : Math.min(lead.length, picks.length - 1));
  }

  async function pick(action) {
    const text = input.value;
    write("");
    try {
      await action();
    } catch (error) {
      if (!input.value) input.value = text;
      toast(error.message, "error");
    }
  }

  async function menu() {
    if (open()) {
      close();
      return;
    }
    show("Commands", (await commands()).map(asChoice), "The bot has not set any commands for you here.");
    input.focus();
  }

  function resize() {
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
  }

  function write(text) {
    clearTimeout(pause);
    asked += 1;
    close();
    input.value = text;
    resize();
  }

  async function submit(text) {
    if (!text.trim()) return;
    write("");
    try {
      await send(text);
    } catch {
      if (!input.value) write(text);
    }
  }

  function edited() {
    resize();
    clearTimeout(pause);
    const words = inlineQuery();
    if (words === null) complete();
    else pause = setTimeout(() => offer(words), PAUSE);
  }

  const step = (by) => mark((active + by + choices().length) % choices().length);
  const KEYS = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(active < 0 ? 0 : -1),
    Escape: close,
    Tab: () => {
      const chosen = (choices()[active] ?? choices()[0])?.dataset.command;
      if (chosen) write(`${chosen} `);
    },
    Enter: () => (picks[active] ? picks[active]() : submit(input.value)),
  };

  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
    const act = open() && (choices().length || event.key === "Escape") ? KEYS[event.key] : event.key === "Enter" && KEYS.Enter;
    if (!act) return;
    event.preventDefault();
    act();
  });
  input.addEventListener("input", edited);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(input.value);
    input.focus();
  });
  list.addEventListener("click", ({ target }) => {
    const place = choices().indexOf(target.closest('[role="option"]'));
    if (place >= 0) picks[place]();
  });
  button.addEventListener("click", menu);
  form.addEventListener("keydown", ({ key }) => { if (key === "Escape") close(); });
  document.addEventListener("pointerdown", ({ target }) => {
    if (open() && !list.contains(target) && !form.contains(target)) close();
  });

  return {
    write,
    /** Begin an inline query, as a button of the bot's asks. */
    query: (words) => {
      write(`@${botName()} ${words}`);
      input.focus({ preventScroll: true });
      edited();
    },
    focus: () => input.focus({ preventScroll: true }),
  };
}
