"""Ask the bot in a sandbox for /initiatives, as a reader would; exit code 1 if no digest comes within 20 s."""

import json
import sys
import time
import urllib.request


def call(path: str, body: object = None) -> dict:
    """One request of the sandbox's page API."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(sys.argv[1] + path, data, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  on 127.0.0.1
        return json.load(answer)


def digests() -> int:
    """How many have come."""
    return json.dumps(call("/api/state")["messages"]["501"], ensure_ascii=False).count("/initiatives · ")


before = digests()
call("/api/send", {"user": 501, "chat": 501, "text": "/initiatives"})
for _ in range(200):
    if digests() > before:
        sys.exit(0)
    time.sleep(0.1)
sys.exit("the bot in the container did not answer /initiatives")
