// The page's side of the sandbox's page API: calls, and the stream of events with reconnection.

/** Call the server; returns its JSON or throws an Error whose message can be shown to a person. */
export async function call(path, body) {
  let response;
  try {
    response = await fetch(path, body && {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The demo does not answer. Is it still running?");
  }
  const data = await response.json().catch(() => ({}));
  if (!response.ok || data.error) throw new Error(data.error ?? `The demo answered with error ${response.status}`);
  return data;
}

/**
 * Follow the world: `onState` gets the whole state after every (re)connection, `onEvent` each change
 * after it, `onDown` the seconds until the next try when the server is gone.
 */
export function follow({ onState, onEvent, onDown }) {
  let wait = 0.5;

  function retry() {
    onDown(wait);
    setTimeout(open, wait * 1000);
    wait = Math.min(wait * 2, 10);
  }

  async function open() {
    let state;
    try {
      state = await call("/api/state");
    } catch {
      retry();
      return;
    }
    onState(state);
    const source = new EventSource(`/api/events?since=${state.version}`);
    source.onopen = () => { wait = 0.5; };
    source.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      if (event.type !== "reset") {
        onEvent(event);
        return;
      }
      source.close();
      open();
    };
    source.onerror = () => {
      source.close();
      retry();
    };
  }

  open();
}
