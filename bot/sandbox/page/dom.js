// Small words shared by the modules: elements, and dates as people write them.

/** An element with attributes and children (strings become text nodes). */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const english = (options) => {
  const format = new Intl.DateTimeFormat("en-GB", options);
  return (unix) => format.format(unix * 1000);
};
export const clockTime = english({ hour: "2-digit", minute: "2-digit" });
export const longDay = english({ weekday: "long", day: "numeric", month: "long" });
export const shortDay = english({ day: "numeric", month: "short" });
const weekday = english({ weekday: "short" });

/** For example "Tue 24 Nov, 09:00". */
export const shortMoment = (unix) => `${weekday(unix)} ${shortDay(unix)}, ${clockTime(unix)}`;

/** A moment in the language of who one is (data-spoken of the page, else the browser's), by a format of Bot API's date_time entity: `w?[dD]?[tT]?`. */
export function when(unix, format) {
  const options = {};
  if (format.includes("w")) options.weekday = "long";
  if (format.includes("d")) Object.assign(options, { day: "2-digit", month: "2-digit", year: "2-digit" });
  if (format.includes("D")) Object.assign(options, { day: "numeric", month: "long", year: "numeric" });
  if (/t/i.test(format)) Object.assign(options, { hour: "2-digit", minute: "2-digit" });
  if (format.includes("T")) options.second = "2-digit";
  return new Intl.DateTimeFormat(document.body.dataset.spoken, options).format(unix * 1000);
}

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** Seconds from now in words: "in 3 hours", "2 days ago". */
export function relative(seconds) {
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS.at(-1);
  return new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(Math.round(seconds / size), unit);
}
