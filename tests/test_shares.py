"""What each client gets of the service, and what is kept for the next one."""

import asyncio
import gzip
import re
from collections.abc import AsyncGenerator, Coroutine
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from orgline.content.tree import Content
from orgline.server.http.gateway import Service
from orgline.server.http.responses import complete_response
from orgline.server.limits.rate_limit import Budget, Limits, owner_of
from orgline.server.workers.fair_queue import FairQueue
from orgline.server.workers.running_request import StreamedAnswer
from orgline.text.errors import RequestRefused


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` to its end, for a minute at most: what waits for ever is a fault."""
    asyncio.run(asyncio.wait_for(work, 60))


def test_a_client_has_sixteen_requests_three_workers_and_half_of_each_minute() -> None:
    """What the documentation says a client may have, if nothing else is set."""
    limits = Limits()
    assert (limits.requests_per_owner, limits.workers_per_owner, limits.seconds_per_minute) == (16, 3, 30.0)


def test_no_more_requests_run_at_once_than_a_client_may_have() -> None:
    """The request over the number is refused with 429, until one of the others has ended; other clients are not."""
    budget = Budget(seconds=30, max_requests=16)
    for _ in range(16):
        budget.enter("a")
    with pytest.raises(RequestRefused, match="has 16 requests running") as refused:
        budget.enter("a")
    assert refused.value.status == 429
    budget.enter("b")
    budget.leave("a")
    budget.enter("a")
    with pytest.raises(RequestRefused):
        budget.enter("a")


@pytest.mark.parametrize(
    ("address", "owner"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:ffff:ffff:ffff", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
    ],
)
def test_a_customer_of_ipv6_is_one_client(address: str, owner: str) -> None:
    """The network of 64 bits that a customer of IPv6 is given is one client; of IPv4 it is the address."""
    assert owner_of(address) == owner


def request(address: str = "192.0.2.7") -> Request:
    """A request for / from an address, whose sender stays."""

    async def receive() -> dict[str, str]:
        await asyncio.Event().wait()
        raise AssertionError

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [],
        "client": (address, 1),
        "state": {"owner": owner_of(address)},
    }
    return Request(scope, receive)


@pytest.fixture
def service(hospital: Content) -> Service:
    """A service of which nothing is started, in which a client may run one request at once."""
    return Service(hospital.root / "no-build", hospital, Limits(requests_per_owner=1), "http://localhost/")


def test_all_addresses_of_a_customer_share_one_budget(service: Service) -> None:
    """While a request of one address of an IPv6 network runs, its neighbour is refused and another network is not."""

    async def asked() -> None:
        end = asyncio.Event()

        async def handler(_service: Service, _request: Request) -> Response:
            await end.wait()
            return PlainTextResponse("done")

        handle = service.within_budget(handler)
        first = asyncio.create_task(handle(request("2001:db8::1")))
        other = asyncio.create_task(handle(request("2001:db8:0:1::1")))
        await asyncio.sleep(0)
        assert (await handle(request("2001:db8::2"))).status_code == 429
        end.set()
        assert [(await one).status_code for one in (first, other)] == [200, 200]
        assert (await handle(request("2001:db8::2"))).status_code == 200

    run(asked())


def test_a_client_holds_no_more_workers_than_its_share() -> None:
    """Whoever holds its share waits for another worker though some are free; another client gets one at once."""

    async def taken() -> None:
        queue: FairQueue[int] = FairQueue(share=3, max_waiting=10)
        for worker in range(6):
            queue.put(worker)
        for _ in range(3):
            await queue.take("a", 60)
        fourth = asyncio.create_task(queue.take("a", 60))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not fourth.done()
        assert len(queue.free) == 3
        await queue.take("b", 60)
        queue.leave("a")
        await fourth
        assert len(queue.free) == 1

    run(taken())


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_kept_page_has_a_new_nonce_each_time(is_packed: bool) -> None:
    """A page that is sent again allows its scripts by a nonce that nobody has seen, and has it in its body."""
    body = b'<script nonce="first">1</script>'
    head = {"media": "text/html", "nonce": "first", "gzip": is_packed}
    nonces = set()
    for _ in range(3):
        response = complete_response(head, gzip.compress(body) if is_packed else body, {})
        policy = response.headers["Content-Security-Policy"]
        (nonce,) = set(re.findall(r"'nonce-([^']+)'", policy))
        text = gzip.decompress(response.body) if is_packed else response.body
        assert text == body.replace(b"first", nonce.encode())
        nonces.add(nonce)
    assert len(nonces | {"first"}) == 4


class Build:
    """A build that counts how often it is asked; what happens while it answers is told by `meanwhile`."""

    def __init__(self, service: Service) -> None:
        self.name, self.facts, self.asked = "build", {"in_memory": True}, 0
        self.pool, self._service = self, service
        self.replaced_by: Build | None = None

    async def ask(self, _work: object, _owner: str) -> StreamedAnswer:
        """Answer, after another build has taken the place of this one if one is to."""
        self.asked += 1
        if self.replaced_by:
            self._service._builds.current = self.replaced_by

        async def chunks() -> AsyncGenerator[bytes, None]:
            yield b"answer"

        return StreamedAnswer({"media": "text/plain"}, chunks())


@pytest.mark.parametrize("is_replaced", [False, True])
def test_the_answer_of_a_build_that_is_no_longer_served_is_not_kept(is_replaced: bool, service: Service) -> None:
    """An answer is kept and given again, unless a newer build was taken up while it was worked out.

    The older build may hold what was taken out of the newer one, such as a person.
    """
    old, new = Build(service), Build(service)
    old.replaced_by = new if is_replaced else None

    async def build() -> Build:
        return service._builds.current

    async def asked() -> None:
        service.build = build
        for _ in range(2):
            service._builds.current = old
            answer = await service.respond(request(), {"op": "sparql", "query": "ASK {}"})
            assert answer.body == b"answer"
        assert old.asked == (2 if is_replaced else 1)

    run(asked())
