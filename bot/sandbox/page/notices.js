// What the page tells a person beside the conversation: toasts, alerts, the status line, light or dark.
import { element } from "./dom.js";

const $ = (id) => document.getElementById(id);
const conditions = { server: "", bot: "" }; // in the order of their weight

/** Say what is wrong now (an empty text: no longer) in the line below the clock. */
export function announce(what, text) {
  conditions[what] = text;
  const line = conditions.server || conditions.bot;
  if ($("status").textContent !== line) $("status").textContent = line;
  $("status").hidden = !line;
}

/** A short note that goes by itself, later when it is long. */
export function toast(text, kind = "note") {
  const note = element("p", { class: `toast ${kind}` }, text);
  $("toasts").replaceChildren(note);
  setTimeout(() => note.remove(), 3500 + 40 * text.length);
}

/** A text that a person must confirm, as `show_alert` of a callback's answer asks. */
export function confirmText(text) {
  $("alert-text").textContent = text;
  $("alert").showModal();
}

/** Run an action with its button busy; a failure becomes a toast. */
export async function withBusy(button, action) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await action();
  } catch (error) {
    toast(error.message, "error");
  } finally {
    button.removeAttribute("aria-busy");
  }
}

// Light or dark: the system's way until the person chooses.
const system = matchMedia("(prefers-color-scheme: dark)");
let chosen = null;
try {
  chosen = localStorage.getItem("theme");
} catch { /* storage is closed: a choice lasts as long as the page */ }

const isDark = () => (chosen ? chosen === "dark" : system.matches);

function showTheme() {
  if (chosen) document.documentElement.dataset.theme = chosen;
  $("theme").setAttribute("aria-pressed", isDark());
}

showTheme();
system.addEventListener("change", showTheme);
addEventListener("storage", ({ key, newValue }) => { // chosen in another tab, or in the page within this one
  if (key !== "theme") return;
  chosen = newValue;
  showTheme();
});
$("theme").addEventListener("click", () => {
  chosen = isDark() ? "light" : "dark";
  showTheme();
  try {
    localStorage.setItem("theme", chosen);
  } catch { /* as above */ }
});
