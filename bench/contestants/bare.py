"""A bare aiohttp loop: what is left when nobody looks at the answers. The ceiling."""

import aiohttp

from bench.contestants.work import TEXT, TOKEN, Figures, Job, drive, run


async def send(job: Job) -> Figures:
    """POST and read JSON."""
    url = f"{job.url}/bot{TOKEN}/sendMessage"
    options = {"is_disabled": True}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=job.in_flight)) as session:

        async def one(chat: int) -> int:
            body = {"chat_id": chat, "text": TEXT, "parse_mode": "HTML", "link_preview_options": options}
            async with session.post(url, json=body) as answer:
                number: int = (await answer.json())["result"]["message_id"]
                return number

        return await drive(one, job)


if __name__ == "__main__":
    run({"send": send})
