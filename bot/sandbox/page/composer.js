// Where a person writes: a growing text box, the menu of commands, and their completion.
import { element } from "./dom.js";

/**
 * `commands` gives the bot's commands as [{command, description}]; `send` takes a text and returns a promise
 * that fails when the text was refused (it then comes back into the box).
 */
export function createComposer({ form, input, list, button, commands, send }) {
  let active = -1;

  const open = () => !list.hidden;
  const choices = () => [...list.children];

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
    button.setAttribute("aria-expanded", "false");
    mark(-1);
  }

  function show(found) {
    list.replaceChildren(...found.map(({ command, description }, place) =>
      element("li", { role: "option", id: `command-${place}`, "data-command": `/${command}` },
        element("b", {}, `/${command}`), element("span", {}, description))));
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
  }

  /** Offer the commands that begin as typed; the first is ready for Enter once a letter narrows them. */
  function complete() {
    const typed = /^\/(\w*)$/.exec(input.value)?.[1].toLowerCase();
    const found = typed === undefined ? [] : commands().filter(({ command }) => command.startsWith(typed));
    if (!found.length) {
      close();
      return;
    }
    show(found.sort((a, b) => (b.command === typed) - (a.command === typed)));
    mark(typed ? 0 : -1);
  }

  function menu() {
    if (open()) {
      close();
      return;
    }
    show(commands());
    if (!commands().length) list.append(element("li", { class: "none" }, "The bot has not set any commands yet."));
    input.focus();
  }

  function resize() {
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
  }

  function write(text) {
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

  const chosen = () => choices()[active]?.dataset.command;

  const KEYS = {
    ArrowDown: () => mark((active + 1) % choices().length),
    ArrowUp: () => mark((active <= 0 ? choices().length : active) - 1),
    Escape: close,
    Tab: () => {
      const command = chosen() ?? choices()[0]?.dataset.command;
      write(command ? `${command} ` : input.value);
    },
    Enter: () => submit(chosen() ?? input.value),
  };

  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
    const act = open() ? KEYS[event.key] : event.key === "Enter" && KEYS.Enter;
    if (!act) return;
    event.preventDefault();
    act();
  });
  input.addEventListener("input", () => {
    resize();
    complete();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(input.value);
    input.focus();
  });
  list.addEventListener("click", ({ target }) => {
    const choice = target.closest("[data-command]");
    if (choice) submit(choice.dataset.command);
  });
  button.addEventListener("click", menu);
  form.addEventListener("keydown", ({ key }) => { if (key === "Escape") close(); });
  document.addEventListener("pointerdown", ({ target }) => {
    if (open() && !list.contains(target) && !form.contains(target)) close();
  });

  return { write, focus: () => input.focus({ preventScroll: true }) };
}
