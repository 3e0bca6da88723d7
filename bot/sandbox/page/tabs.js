// The pages beside the chat, where the demo has any: a tab for each, with an address of its own (#name, which no element
// has as its id: the browser would go there, and take the focus along).
import { call } from "./api.js";
import { element } from "./dom.js";

/** Fill `list` with a tab for the `chat` and one for each page; `onShow` is told when another one is shown. */
export async function openTabs(list, chat, onShow) {
  const pages = await call("/api/pages").catch(() => []);
  if (!pages.length) return;
  const panels = new Map([["chat", chat]]);
  for (const { name, title } of pages) {
    const panel = element("section", { id: `panel-${name}`, role: "tabpanel", "aria-labelledby": `tab-${name}`, hidden: "" },
      element("iframe", { title }));
    chat.after(panel);
    panels.set(name, panel);
  }
  const titles = [["chat", "Chat"], ...pages.map(({ name, title }) => [name, title])];
  list.replaceChildren(...titles.map(([name, title]) =>
    element("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`, "data-tab": name }, title)));
  const tabs = [...list.children];
  const hint = element("p", { class: "about" });
  list.after(hint);

  /** Show what the address names. A page is loaded when it is first opened, and then keeps its state. */
  function show() {
    const asked = location.hash.slice(1);
    const name = panels.has(asked) ? asked : "chat";
    const frame = panels.get(name).querySelector("iframe:not([src])");
    if (frame && name !== "chat") frame.src = `/pages/${name}/`;
    panels.forEach((panel, key) => { panel.hidden = key !== name; });
    tabs.forEach((tab) => {
      tab.setAttribute("aria-selected", tab.dataset.tab === name);
      tab.tabIndex = tab.dataset.tab === name ? 0 : -1;
    });
    hint.textContent = pages.find((page) => page.name === name)?.hint ?? "";
    document.body.dataset.tab = name;
    onShow();
  }

  list.addEventListener("click", ({ target }) => {
    if (target.dataset.tab) location.hash = target.dataset.tab;
  });
  list.addEventListener("keydown", ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (!step) return;
    const next = tabs.at((tabs.indexOf(document.activeElement) + step) % tabs.length);
    next.focus();
    location.hash = next.dataset.tab;
  });
  addEventListener("hashchange", show);
  list.hidden = false;
  show();
}
