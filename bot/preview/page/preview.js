// The preview's page: every digest as readers see it, what was found beside it, search, and the coverage map.
import { coverageMap } from "./coverage.js";
import { element } from "./dom.js";
import { listen } from "./gestures.js";
import { announce, toast } from "./notices.js";
import { fillMessage } from "./render.js";

const $ = (id) => document.getElementById(id);
const view = { user: 0, name: ({ title }) => title, named: false, find: () => null, now: () => Date.now() / 1000 };
const opened = new Set(); // digests whose paragraphs are unfolded
const prints = new WeakMap(); // what an element was filled with
let desk = JSON.parse($("data").textContent);
let language = desk.languages[0]?.code ?? "";
let only = null; // { article, number }: show the digests of this paragraph alone

const plural = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
const edition = () => desk.languages.find(({ code }) => code === language) ?? { code: "", articles: [] };
const themes = () => edition().articles.flatMap((article) => article.themes);
const digests = () => themes().flatMap((theme) => theme.digests);
const rowOf = (id) => document.querySelector(`[data-digest="${CSS.escape(id)}"]`);
const shown = () => [...document.querySelectorAll("[data-digest]")].filter((row) => !row.closest("[hidden]"));

function nameOf(code) {
  try {
    const name = new Intl.DisplayNames([code], { type: "language" }).of(code);
    return name.charAt(0).toLocaleUpperCase(code) + name.slice(1);
  } catch {
    return code;
  }
}

// Findings

/** A text in which `words` are code. */
const withCode = (text) => text.split(/`([^`]+)`/).map((part, place) => (place % 2 ? element("code", {}, part) : part));

const worst = (findings) => (findings.some(({ severity }) => severity === "error") ? "error" : "warning");

function findingCard(finding) {
  const { severity, place, code, message, hint, subject } = finding;
  const words = [
    element("p", { class: "where" }, element("b", {}, severity), " ", element("code", {}, place), " ", element("span", {}, code)),
    element("p", {}, ...withCode(message)),
    ...(hint ? [element("p", { class: "soft-text" }, ...withCode(hint))] : []),
  ];
  const jump = subject && element("button", { type: "button", class: "go", "data-go": subject }, "Show");
  return element("li", { class: `finding ${severity}` }, element("div", {}, ...words), ...(jump ? [jump] : []));
}

function drawFindings() {
  const known = new Set([...digests().map(({ id }) => id), ...themes().map(({ name }) => name)]);
  const findings = [...desk.findings].sort((a, b) => (b.severity === "error") - (a.severity === "error"));
  const kinds = [["error", "error"], ["warning", "warning"]]
    .map(([severity, noun]) => [findings.filter((one) => one.severity === severity).length, noun])
    .filter(([count]) => count).map(([count, noun]) => plural(count, noun));
  $("findings").hidden = !findings.length;
  $("findings-title").textContent = kinds.join(" and ");
  $("findings").classList.toggle("errors", worst(findings) === "error");
  $("findings").querySelector("ul").replaceChildren(...findings.map((one) =>
    findingCard({ ...one, subject: known.has(one.subject) ? one.subject : "" })));
}

// Digests

function gauge(units) {
  const bar = element("span", {});
  bar.style.width = `${Math.min(units / desk.limit, 1) * 100}%`;
  return element("span", { class: units > desk.limit ? "gauge over" : "gauge", "aria-hidden": "true" }, bar);
}

function notes(digest, outline) {
  const about = new Map(outline.map((paragraph) => [paragraph.number, paragraph.about]));
  return element("div", { class: "notes" },
    element("p", { class: "id" }, element("a", { href: `#${digest.id}` }, digest.id)),
    element("p", { class: "size" },
      `${digest.units} of ${desk.limit} characters · ${plural(digest.words, "word")}`, gauge(digest.units)),
    ...(digest.publish ? [element("p", { class: "badge" }, `Not shown before ${digest.publish}`)] : []),
    ...(digest.translated ? [] : [element("p", { class: "badge" }, "Not translated: readers get the original")]),
    ...(digest.refusal ? [element("p", { class: "badge bad" }, `Telegram refuses this: ${digest.refusal}`)] : []),
    element("ul", { class: "sources" }, ...digest.paragraphs.map((number) =>
      element("li", {}, element("b", {}, `¶ ${number}`), element("span", {}, about.get(number) ?? "not in the outline")))),
    ...(digest.findings.length ? [element("ul", { class: "found" }, ...digest.findings.map((one) => findingCard({ ...one, subject: "" })))] : []));
}

function fillDigest(row, { digest, outline, number }) {
  const open = opened.has(digest.id);
  const article = element("article", { class: "message", "data-message-id": number });
  fillMessage(article, { ...(open ? digest.unfolded : digest.message), title: digest.title }, view);
  row.replaceChildren(article, notes(digest, outline));
}

/** Make the children of `parent` stand for `items`; known ones keep their element, and are filled anew if they changed. */
function reconcile(parent, items, make, fill) {
  const known = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  items.forEach((item, place) => {
    const node = known.get(item.key) ?? make(item);
    const fresh = !known.delete(item.key);
    node.dataset.key = item.key;
    if (parent.children[place] !== node) parent.insertBefore(node, parent.children[place] ?? null);
    const print = JSON.stringify(item);
    if (prints.get(node) === print) return;
    fill(node, item, fresh);
    prints.set(node, print);
  });
  known.forEach((node) => node.remove());
}

/** The numbers of digests within the page, as the messages' ids: buttons name their message by one. */
const numbered = new Map();
function numberOf(id) {
  if (!numbered.has(id)) numbered.set(id, numbered.size);
  return numbered.get(id);
}

/** The id of a theme's section: two articles may have one of the same name. */
const anchorOf = (article, theme) => `theme:${article.id}:${theme.name}`;

function makeTheme({ name, anchor }) {
  const section = element("section", { class: "theme", id: anchor, "data-theme-name": name });
  section.append(element("header", {}), element("ul", { class: "found" }), element("div", { class: "rows" }));
  return section;
}

function fillTheme(section, theme) {
  const [header, found, rows] = section.children;
  section.classList.toggle("stale", Boolean(theme.stale));
  header.replaceChildren(
    ...(theme.stale ? [element("p", { class: "badge" }, "As it was before the error")] : []),
    element("h3", {}, element("span", { "aria-hidden": "true" }, theme.emoji), ` ${theme.title}`),
    element("p", {}, element("code", {}, `/${theme.name}`), ` · ${plural(theme.digests.length, "digest")} · ${theme.summary}`));
  found.replaceChildren(...theme.findings.map((one) => findingCard({ ...one, subject: "" })));
  found.hidden = !theme.findings.length;
  const items = theme.digests.map((digest) => ({
    key: digest.id, digest, outline: theme.outline, number: numberOf(digest.id), open: opened.has(digest.id),
  }));
  reconcile(rows, items, ({ digest }) =>
    element("div", { class: "digest", id: digest.id, "data-digest": digest.id, tabindex: "-1" }), (row, item, fresh) => {
    const place = [...row.querySelectorAll("button, a")].indexOf(document.activeElement);
    fillDigest(row, item);
    if (place >= 0) [...row.querySelectorAll("button, a")][place]?.focus({ preventScroll: true });
    if (!fresh) row.animate?.([{ backgroundColor: "var(--tint)" }, { backgroundColor: "transparent" }], 1600);
  });
}

function fillArticle(section, article) {
  const [header, map, themesOf] = section.children;
  header.replaceChildren(
    element("h2", {}, article.title), element("p", {}, `${article.author} · ${article.publisher}, ${article.published}`));
  const { id, paragraphs, translation } = article;
  const rows = article.themes.map(({ name, title, emoji, digests: list }) =>
    ({ name, title, emoji, digests: list.map((one) => ({ id: one.id, title: one.title })) }));
  reconcile(map, [{ key: "map", paragraphs, translation, themes: rows }], () => element("div"), (node, item) =>
    node.replaceChildren(coverageMap(item, (number) => narrow({ article: id, number }))));
  reconcile(themesOf, article.themes.map((theme) => ({
    ...theme, key: theme.name, anchor: anchorOf(article, theme), outline: article.paragraphs, open: [...opened],
  })), makeTheme, fillTheme);
}

function drawContents() {
  const focused = document.activeElement?.closest?.("[data-go]")?.dataset.go;
  $("contents").replaceChildren(...edition().articles.flatMap((article) => article.themes.map((theme) => {
    const found = [...theme.findings, ...theme.digests.flatMap(({ findings }) => findings)];
    return element("button", { type: "button", "data-go": anchorOf(article, theme) },
      element("span", { "aria-hidden": "true" }, theme.emoji), element("span", { class: "name" }, theme.title),
      found.length ? element("span", { class: `count ${worst(found)}`, title: plural(found.length, "finding") }, found.length)
        : element("span", { class: "count" }, theme.digests.length));
  })));
  if (focused) $("contents").querySelector(`[data-go="${CSS.escape(focused)}"]`)?.focus();
}

function drawHeader() {
  const found = desk.findings.length ? plural(desk.findings.length, "finding") : "no findings";
  $("counts").textContent = [plural(edition().articles.length, "article"), plural(new Set(themes().map(({ name }) => name)).size, "theme"),
    plural(digests().length, "digest"), found].join(" · ");
  if (edition().articles.length === 1) document.title = `${edition().articles[0].title} · preview`;
  $("languages").hidden = desk.languages.length < 2;
  $("languages").replaceChildren(...desk.languages.map(({ code }) =>
    element("button", { type: "button", lang: code, "data-language": code, "aria-pressed": code === language }, nameOf(code))));
}

/** Draw what has changed, while what is looked at keeps its place. */
function draw() {
  const edge = 120;
  const anchor = shown().find((row) => row.getBoundingClientRect().bottom > edge);
  const before = anchor?.getBoundingClientRect().top;
  drawHeader();
  drawFindings();
  drawContents();
  $("articles").lang = language;
  reconcile($("articles"), edition().articles.map((article) => ({ ...article, key: article.id, open: [...opened] })), () => {
    const section = element("section", { class: "article" });
    section.append(element("header", {}), element("div", {}), element("div", {}));
    return section;
  }, fillArticle);
  filter();
  if (anchor?.isConnected && scrollY > 0) scrollBy(0, anchor.getBoundingClientRect().top - before);
}

// Search

const fold = (text) => text.normalize("NFKC").toLocaleLowerCase();

function matches(digest, theme, words) {
  const hay = fold(`${digest.title} ${digest.message.text} ${digest.id} /${theme.name} ${theme.title}`);
  return words.every((word) => hay.includes(word));
}

/** Mark the words that are searched for, without touching what is shown. */
function highlight(words) {
  if (!globalThis.CSS?.highlights) return;
  const ranges = [];
  for (const row of words.length ? shown() : []) {
    const texts = document.createTreeWalker(row.querySelector(".text"), NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const hay = texts.currentNode.data.toLocaleLowerCase();
      for (const word of hay.length === texts.currentNode.data.length ? words : []) {
        for (let at = hay.indexOf(word); at >= 0; at = hay.indexOf(word, at + word.length)) {
          const range = new Range();
          range.setStart(texts.currentNode, at);
          range.setEnd(texts.currentNode, at + word.length);
          ranges.push(range);
        }
      }
    }
  }
  CSS.highlights.set("found", new Highlight(...ranges));
}

/** Hide what is not searched for, and say what is left. */
function filter() {
  const asked = $("search").value.trim();
  const words = fold(asked).split(/\s+/).filter(Boolean);
  let left = 0;
  for (const article of edition().articles) {
    for (const theme of article.themes) {
      let inTheme = 0;
      for (const digest of theme.digests) {
        const fits = matches(digest, theme, words)
          && (!only || (only.article === article.id && digest.paragraphs.includes(only.number)));
        rowOf(digest.id).hidden = !fits;
        inTheme += fits;
      }
      $(anchorOf(article, theme)).hidden = !inTheme && Boolean(words.length || only);
      left += inTheme;
    }
  }
  const narrowed = Boolean(words.length || only);
  const what = [...(words.length ? [`“${asked}”`] : []), ...(only ? [`¶ ${only.number}`] : [])].join(" and ");
  document.body.classList.toggle("searching", Boolean(words.length)); // what was found comes first
  $("filter").hidden = !narrowed || !left;
  if (narrowed) $("filter").replaceChildren(`${plural(left, "digest")} with ${what} `, clearing());
  drawEmpty(left, narrowed, what);
  highlight(words);
}

const clearing = () => element("button", { type: "button", class: "soft", "data-clear": "" }, "Show all");

function drawEmpty(left, narrowed, what) {
  $("empty").hidden = Boolean(left);
  if (left) return;
  const none = desk.findings.length
    ? "What stands above keeps everything from being shown. Mend it, and the digests appear here."
    : "Give the content folder an article with a file for each theme.";
  $("empty").replaceChildren(
    element("h3", {}, narrowed ? "Nothing found" : "No digest to show"),
    element("p", {}, narrowed ? `No digest has ${what}.` : none), ...(narrowed ? [clearing()] : []));
}

function narrow(to) {
  only = to;
  filter();
  if (to) goTo(shown()[0]?.closest(".theme") ?? $("empty"));
}

function clear() {
  $("search").value = "";
  narrow(null);
}

function goTo(node) {
  node?.scrollIntoView({ block: "start" });
  return node;
}

/** Bring a digest or a theme into view, even where the search has hidden it. */
function show(name) {
  const node = rowOf(name) ?? $(name.startsWith("theme:") ? name : "") ?? document.querySelector(`[data-theme-name="${CSS.escape(name)}"]`);
  if (!node) return;
  if (node.closest("[hidden]")) clear();
  goTo(node).focus?.({ preventScroll: true });
}

/** Do as the bot does with a button of a digest. */
function press(id, data) {
  const [digest] = digests().filter((one) => numberOf(one.id) === id);
  const [what, target = ""] = data.split(/:(.*)/);
  if (what === "p" || (what === "d" && target === digest.id)) {
    opened[what === "p" ? "add" : "delete"](digest.id);
    draw();
  } else if (what === "d") show(target);
  else if (what === "n") return { text: digest.position };
  else if (what === "next") {
    const all = digests();
    show(all[(all.indexOf(digest) + 1) % all.length].id);
  }
  return {};
}

listen($("articles"), {
  say: (command) => show(command.slice(1)),
  press: async (id, data) => press(id, data),
  start: () => {},
  botName: () => "",
});
document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-go]")) show(target.closest("[data-go]").dataset.go);
  if (target.closest("[data-clear]")) clear();
});
$("languages").addEventListener("click", ({ target }) => {
  if (!target.dataset.language) return;
  language = target.dataset.language;
  draw();
  $("languages").querySelector('[aria-pressed="true"]').focus();
});
$("search").addEventListener("input", () => {
  filter();
  scrollTo(0, 0);
});
document.addEventListener("keydown", (event) => {
  const writing = event.target.matches("input, textarea");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && (writing || only)) clear();
  else if (writing) return;
  else if (event.key === "/") $("search").focus();
  else if (event.key === "j" || event.key === "k") {
    const rows = shown();
    const at = rows.findIndex((row) => row === document.activeElement?.closest("[data-digest]"));
    goTo(rows[Math.max(0, at + (event.key === "j" ? 1 : -1))])?.focus({ preventScroll: true });
  } else return;
  event.preventDefault();
});

/** While a file cannot be read at all, what it held last stays in view, and says so. */
function keepLast(news) {
  if (!news.findings.some(({ severity }) => severity === "error")) return;
  for (const { code, articles } of news.languages) {
    const before = desk.languages.find((one) => one.code === code)?.articles ?? [];
    for (const { id, themes: now } of articles) {
      (before.find((article) => article.id === id)?.themes ?? []).forEach((theme, place) => {
        if (!now.some(({ name }) => name === theme.name)) now.splice(place, 0, { ...theme, stale: true, findings: [] });
      });
    }
  }
}

/** Follow the files, where the page is served by something that does. */
function follow(address) {
  let last = JSON.stringify(desk);
  const source = new EventSource(address);
  source.onopen = () => announce("server", "");
  source.onerror = () => announce("server", "No connection to the demo: what is shown may be old.");
  source.onmessage = ({ data }) => {
    const news = JSON.parse(data);
    if (JSON.stringify(news) === last) return; // after a new connection, perhaps nothing is new
    last = JSON.stringify(news);
    keepLast(news);
    desk = news;
    if (!desk.languages.some(({ code }) => code === language)) language = desk.languages[0]?.code ?? "";
    draw();
    toast(worst(desk.findings) === "error" ? "Saved, with errors" : "Up to date with the files");
  };
}

draw();
if (location.hash) show(decodeURIComponent(location.hash.slice(1)));
if (document.body.dataset.changes) follow(document.body.dataset.changes);
