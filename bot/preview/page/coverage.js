// The coverage map: which paragraphs of an article the digests of each theme rest on, as a table to look at.
import { element } from "./dom.js";

const plural = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
const numbers = (list) => `¶ ${list.join(", ")}`;

/** What the map shows, in a sentence. */
function summary({ paragraphs, translation }) {
  const bare = paragraphs.filter(({ digests }) => !digests.length).map(({ number }) => number);
  const several = paragraphs.filter(({ digests }) => digests.length > 1).length;
  const more = several ? ` ${plural(several, "paragraph")} ${several === 1 ? "has" : "have"} several.` : "";
  const what = translation ? "a translated digest" : "a digest";
  if (!bare.length) return `Every paragraph has ${what}.${more}`;
  const shown = bare.length > 12 ? `${numbers(bare.slice(0, 12))} and ${bare.length - 12} more` : numbers(bare);
  return `${plural(bare.length, "paragraph")} without ${what}: ${shown}.${more}`;
}

/** What is told of one paragraph. */
function telling({ number, about, digests }, titles) {
  const told = digests.length
    ? `${plural(digests.length, "digest")}: ${digests.map((id) => titles.get(id)).join(" · ")}`
    : "No digest rests on it.";
  return [element("b", {}, `¶ ${number}`), ` ${about}`, element("br"), element("span", {}, told)];
}

const level = (count) => String(Math.min(count, 4));

function headings(paragraphs) {
  return paragraphs.map(({ number, about, digests }, place) => {
    const label = `Paragraph ${number}: ${about}. ${plural(digests.length, "digest")}.`;
    const attributes = { type: "button", "aria-label": label, tabindex: place ? -1 : 0, "data-number": number };
    return element("th", { scope: "col", "data-level": level(digests.length) }, element("button", attributes, number));
  });
}

function row(theme, paragraphs) {
  const own = new Set(theme.digests.map(({ id }) => id));
  const cells = paragraphs.map(({ number, digests }) => {
    const count = digests.filter((id) => own.has(id)).length;
    const cell = element("td", { "data-number": number, "data-level": level(count) });
    if (count) cell.append(element("span", count > 1 ? {} : { class: "unseen" }, count));
    return cell;
  });
  const name = element("div", { title: theme.title },
    element("span", { "aria-hidden": "true" }, theme.emoji), element("span", { class: "label" }, theme.title));
  return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
}

/** The map of one article as a figure; `choose` is told the number of a paragraph that is pressed. */
export function coverageMap(article, choose) {
  const { paragraphs, themes } = article;
  const titles = new Map(themes.flatMap(({ digests }) => digests.map(({ id, title }) => [id, title])));
  const known = new Map(paragraphs.map((paragraph) => [String(paragraph.number), paragraph]));
  const hint = "Point at a paragraph to see what it says; press it to see its digests.";
  const told = element("p", { class: "told" }, hint);
  const table = element("table", {},
    element("thead", {}, element("tr", {}, element("td", {}), ...headings(paragraphs))),
    element("tbody", {}, ...themes.map((theme) => row(theme, paragraphs))));
  table.style.maxWidth = `${230 + 38 * paragraphs.length}px`; // few columns are not drawn out
  const buttons = [...table.querySelectorAll("button")];

  function tell(target) {
    const number = target.closest?.("[data-number]")?.dataset.number;
    if (number === undefined) return;
    table.querySelectorAll(".here").forEach((cell) => cell.classList.remove("here"));
    table.querySelectorAll(`td[data-number="${number}"]`).forEach((cell) => cell.classList.add("here"));
    told.replaceChildren(...telling(known.get(number), titles));
  }

  function move(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1, Home: -buttons.length, End: buttons.length };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const place = buttons.indexOf(event.target) + steps[event.key];
    const next = buttons[Math.min(Math.max(place, 0), buttons.length - 1)];
    buttons.forEach((button) => { button.tabIndex = button === next ? 0 : -1; });
    next.focus();
  }

  table.addEventListener("pointerover", ({ target }) => tell(target));
  table.addEventListener("focusin", ({ target }) => tell(target));
  table.addEventListener("keydown", move);
  table.addEventListener("click", ({ target }) => {
    const number = target.closest("[data-number]")?.dataset.number;
    if (number !== undefined) choose(Number(number));
  });
  return element("figure", { class: "map" },
    element("figcaption", {}, element("h3", {}, "Coverage"), element("p", {}, summary(article))),
    element("div", { class: "scroll" }, table), told);
}
