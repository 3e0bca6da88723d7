// The conversation's scroll: it follows the newest message while the reader is there, and otherwise holds still.
import { fillMessage, messageNodes } from "./render.js";

const NEAR = 48; // pixels from the end that still count as "at the end"

/** The log in `box`, with the button `down` that leads back to the end. */
export function createLog(box, down) {
  let atEnd = true;
  let newest = null;

  const find = (id) => box.querySelector(`[data-message-id="${id}"]`);
  const toEnd = () => box.scrollTo(0, box.scrollHeight);
  const top = (node) => node.getBoundingClientRect().top;

  /** Make a change while what the reader looks at keeps its place. */
  function still(change) {
    const edge = top(box);
    const anchor = [...box.querySelectorAll("article")].find((node) => node.getBoundingClientRect().bottom > edge);
    const before = anchor && top(anchor);
    change();
    if (atEnd) {
      toEnd();
      return;
    }
    const same = anchor && find(anchor.dataset.messageId);
    if (same) box.scrollTop += top(same) - before;
  }

  function append(message, view) {
    box.append(...messageNodes(message, newest, view));
    newest = message;
  }

  box.addEventListener("scroll", () => {
    atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
    down.hidden = atEnd;
  });
  down.addEventListener("click", toEnd);
  new ResizeObserver(() => { if (atEnd) toEnd(); }).observe(box);

  return {
    toEnd,

    /** Show a chat from scratch, at its end when `fresh`; `empty` stands in when there is no message. */
    show(messages, view, empty, fresh) {
      if (fresh) atEnd = true;
      still(() => {
        newest = null;
        box.replaceChildren();
        messages.forEach((message) => append(message, view));
        if (!messages.length) box.append(empty);
      });
      down.hidden = atEnd;
    },

    /** Add a message below the others, or fill the known one anew; a focused button keeps its focus. */
    put(message, view) {
      const known = find(message.message_id);
      still(() => {
        if (!known) {
          box.querySelector(".empty")?.remove();
          append(message, view);
          return;
        }
        const place = [...known.querySelectorAll("button, a")].indexOf(document.activeElement);
        fillMessage(known, message, view);
        const buttons = [...known.querySelectorAll("button, a")];
        if (place >= 0) (buttons[place] ?? buttons.at(-1) ?? box).focus({ preventScroll: true });
      });
    },
  };
}
