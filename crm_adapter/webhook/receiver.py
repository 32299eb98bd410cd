"""A small help desk that receives our webhook: for tests, the demo, and as an example for writers of receivers.

`POST /` takes both messages, `GET /tickets` lists what came, `GET /tickets/{id}` shows one. It answers anybody
who can reach it, so bind it to loopback. Try it: `python -m crm_adapter.webhook.receiver --help`.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from crm_adapter.ports import ForeignRecord, TicketDraft
from crm_adapter.webhook.messages import MESSAGE, CustomerAnswer, TicketCreated
from crm_adapter.webhook.signing import SignatureError, secret_key, verify


@dataclass(frozen=True)
class Receipt:
    """One ticket as it arrived first: our id for it, the sender's message id, the draft. Times in Unix seconds."""

    id: str
    message_id: str
    received_at: float
    draft: TicketDraft


@dataclass(frozen=True)
class Refusal:
    """An answer to give instead of taking the message, to play a help desk in trouble."""

    status: int
    retry_after: str | None = None
    body: str = ""


_RECEIPT = TypeAdapter(Receipt)


class Receiver:
    """Believes only signed, recent messages; a message id seen before gets the first answer again and opens nothing.

    With `store`, receipts are appended to that file as JSON lines and read back at the start. ValueError for
    a secret that cannot be one.
    """

    def __init__(self, secret: str, *, now: Callable[[], float] = time.time, store: Path | None = None) -> None:
        secret_key(secret)
        self._secret = secret
        self._now = now
        self._store = store
        self.customers: list[ForeignRecord] = []
        self.refusals: deque[Refusal] = deque()
        self.rejected: list[str] = []
        self.deliveries = 0
        self._receipts: dict[str, Receipt] = {}
        if store is not None and store.exists():
            kept = (_RECEIPT.validate_json(line) for line in store.read_text("utf-8").splitlines() if line)
            self._receipts = {receipt.message_id: receipt for receipt in kept}

    @property
    def receipts(self) -> list[Receipt]:
        """Every ticket taken, oldest first."""
        return list(self._receipts.values())

    def app(self) -> web.Application:
        """The aiohttp application; start it with any runner."""
        app = web.Application(client_max_size=1024 * 1024)
        app.router.add_post("/", self._deliver)
        app.router.add_get("/tickets", self._list)
        app.router.add_get("/tickets/{id}", self._show, name="ticket")
        return app

    async def _deliver(self, request: web.Request) -> web.Response:
        self.deliveries += 1
        body = await request.read()
        if self.refusals:
            return _refuse(self.refusals.popleft())
        try:
            message_id = verify(self._secret, request.headers, body, self._now())
            message = MESSAGE.validate_json(body)
        except SignatureError as error:
            return self._reject(401, error.code)
        except ValidationError:
            return self._reject(400, "not_understood")
        if isinstance(message, TicketCreated):
            return self._ticket(request, message_id, message.data)
        known = tuple(record for record in self.customers if message.number in record.phones)
        return _json(CustomerAnswer(customers=known).model_dump(mode="json"))

    def _ticket(self, request: web.Request, message_id: str, draft: TicketDraft) -> web.Response:
        receipt = self._receipts.get(message_id) or self._keep(message_id, draft)
        address = request.url.join(request.app.router["ticket"].url_for(id=receipt.id))
        return _json({"id": receipt.id, "url": str(address), "state": "open"})

    def _keep(self, message_id: str, draft: TicketDraft) -> Receipt:
        receipt = Receipt(f"CRM-{len(self._receipts) + 1:06d}", message_id, self._now(), draft)
        # Written before it is acknowledged: the sender forgets the ticket once it has our answer.
        if self._store is not None:
            with self._store.open("ab") as file:
                file.write(_RECEIPT.dump_json(receipt) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        self._receipts[message_id] = receipt
        return receipt

    def _reject(self, status: int, code: str) -> web.Response:
        self.rejected.append(code)
        return _json({"code": code}, status)

    async def _list(self, request: web.Request) -> web.Response:
        return _json({"items": [_RECEIPT.dump_python(receipt, mode="json") for receipt in self.receipts]})

    async def _show(self, request: web.Request) -> web.Response:
        found = [receipt for receipt in self.receipts if receipt.id == request.match_info["id"]]
        return _json(_RECEIPT.dump_python(found[0], mode="json")) if found else _json({"code": "not_found"}, 404)


def _refuse(refusal: Refusal) -> web.Response:
    headers = {"retry-after": refusal.retry_after} if refusal.retry_after else {}
    return web.Response(status=refusal.status, headers=headers, text=refusal.body)


def _json(value: object, status: int = 200) -> web.Response:
    return web.json_response(text=json.dumps(value, ensure_ascii=False), status=status)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="crm_adapter.webhook.receiver", description=main.__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--store", type=Path, help="keep what was received in this file (JSON lines)")
    parser.add_argument("--secret-env", default="CRM_WEBHOOK_SECRET", help="variable that holds the whsec_ secret")
    options = parser.parse_args()
    secret = os.environ.get(options.secret_env)
    if not secret:
        parser.error(f"set {options.secret_env} to the secret that the sender signs with (whsec_...)")
    web.run_app(Receiver(secret, store=options.store).app(), host=options.host, port=options.port)


if __name__ == "__main__":
    main()
