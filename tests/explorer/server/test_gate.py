"""Every route, asked in every wrong way: nobody gets in who should not (X3), and no path leads to a file (X4)."""

from __future__ import annotations

import itertools
import sys
from typing import Any

import pytest
from asgi_client import ORIGIN, PORT, Client

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get")
NOWHERE = ("/nowhere", "/api", "/api/", "/api/nope", "/static/app.js", "/app.js/", "/API/manifest", "//", "")
SECURITY = {
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
}


def paths(client: Client) -> list[str]:
    filled = {"id": "k0"}
    known = [route.path.format(**filled) if "{" in route.path else route.path for route in client.site.routes()]
    return [*known, *NOWHERE]


def wrong(client: Client) -> dict[str, tuple[list[tuple[str, str]], set[int]]]:
    """Requests that are wrong in one thing, and what is said to that."""
    token, host, origin = client.right["authorization"], ("host", f"127.0.0.1:{PORT}"), ("origin", ORIGIN)
    bearer = ("authorization", token)
    return {
        "no token": ([host, origin], {401}),
        "a wrong token": ([host, origin, ("authorization", "Bearer wrong")], {401}),
        "an empty token": ([host, origin, ("authorization", "Bearer ")], {401}),
        "the token as password": ([host, origin, ("authorization", token.replace("Bearer", "Basic"))], {401}),
        "two tokens": ([host, origin, bearer, bearer], {401}),
        "a wrong cookie": ([host, origin, ("cookie", f"neuronaut_{PORT}=wrong")], {401}),
        "the cookie of another port": ([host, origin, ("cookie", f"neuronaut_1={token[7:]}")], {401}),
        "the token as cookie": ([host, origin, ("cookie", f"neuronaut_{PORT}={token[7:]}")], {401}),
        "no host": ([origin, bearer], {400}),
        "two hosts": ([host, host, origin, bearer], {400}),
        "another host": ([("host", "evil.example"), origin, bearer], {400}),
        "a rebound host": ([("host", f"evil.example:{PORT}"), origin, bearer], {400}),
        "another port": ([("host", "127.0.0.1:80"), origin, bearer], {400}),
        "no port": ([("host", "127.0.0.1"), origin, bearer], {400}),
        "a host with a path": ([("host", f"127.0.0.1:{PORT}/a"), origin, bearer], {400}),
        "a host with a query": ([("host", f"127.0.0.1:{PORT}?a"), origin, bearer], {400}),
        "a host with a fragment": ([("host", f"127.0.0.1:{PORT}#a"), origin, bearer], {400}),
        "a host that is no port": ([("host", "[::1]:99999"), origin, bearer], {400}),
        "a user before the host": ([("host", f"a@127.0.0.1:{PORT}"), origin, bearer], {400}),
        "a foreign origin": ([host, ("origin", "http://evil.example"), bearer], {403}),
        "no one's origin": ([host, ("origin", "null"), bearer], {403}),
        "two origins": ([host, origin, origin, bearer], {403}),
        "an origin with more": ([host, ("origin", ORIGIN + ".evil.example"), bearer], {403}),
        "headers too large": ([host, origin, bearer, ("x-filler", "a" * 20_000)], {431}),
    }


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_every_route_and_method_refuses_whoever_is_wrong_in_one_thing(client: Client, kind: str) -> None:
    for path, method, (name, (headers, statuses)) in itertools.product(paths(client), METHODS, wrong(client).items()):
        reply = client.ask(method, path, headers=headers, kind=kind)
        known = {403} if kind == "websocket" else statuses
        if kind == "http" and method not in ("GET", "HEAD", "POST"):
            known = known | {403, 405}
        assert reply.status in known, (path, method, name, reply.status)
        if kind == "http":
            assert {key: reply.headers.get(key) for key in SECURITY} == SECURITY


def test_a_page_elsewhere_may_open_the_entry_and_nothing_else(client: Client) -> None:
    for path, site in itertools.product(paths(client), ("cross-site", "same-site", "odd")):
        reply = client.ask("GET", path, headers=client.right | {"sec-fetch-site": site})
        assert reply.status == (200 if path == "/" else 403), path


def test_no_websocket_opens_even_for_whoever_may_ask(client: Client) -> None:
    assert {client.ask("GET", path, kind="websocket").status for path in paths(client)} == {403}


def test_right_requests_get_in_and_wrong_methods_and_paths_do_not(client: Client) -> None:
    for route in client.site.routes():
        path = route.path.format(id="k0") if "blob" in route.path else route.path.format(id=client.site.served.first)
        client.ask("GET", "/api/manifest")
        allowed = route.methods or set()
        for method in METHODS:
            if path == "/api/events" and method == "GET":
                continue
            reply = client.ask(method, path)
            status = reply.status
            if method not in allowed:
                assert status == (403 if method == "OPTIONS" else 405), (method, path)
                assert (status == 405) == ("allow" in reply.headers), (method, path)
            else:
                assert status in ({415} if method == "POST" else {200}), (method, path, status)
    assert {client.ask("GET", path).status for path in NOWHERE} == {404}


def test_the_same_policy_is_on_every_answer_and_no_other_site_is_let_in(client: Client) -> None:
    replies = [client.ask("GET", path) for path in paths(client) if path != "/api/events"]
    replies += [client.ask("GET", "/", headers={}), client.ask("OPTIONS", "/api/query"), client.post("/api/query", {})]
    for reply in replies:
        policy = reply.headers["content-security-policy"].split("; ")
        assert policy[0] == "default-src 'none'" and "frame-ancestors 'none'" in policy
        assert "script-src 'self'" in policy and "require-trusted-types-for 'script'" in policy
        assert not any(name.startswith("access-control") or name == "server" for name in reply.headers)


def test_a_link_works_once_and_becomes_a_cookie_that_opens_the_page(client: Client) -> None:
    host = {"host": f"127.0.0.1:{PORT}"}
    query = client.access.link().partition("?")[2].encode()
    for path in ("/api/manifest", "/app.js"):
        assert client.ask("GET", path, headers=host, query=query).status == 401
    assert client.ask("HEAD", "/", headers=host, query=query).status == 401
    first = client.ask("GET", "/", headers=host, query=query)
    assert (first.status, first.headers["location"]) == (303, "./")
    cookie, *attributes = first.headers["set-cookie"].split("; ")
    assert cookie.startswith(f"neuronaut_{PORT}=") and {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(attributes)
    assert client.ask("GET", "/", headers=host | {"cookie": f"a=b; {cookie}"}).status == 200
    assert client.stale == 0
    again = client.ask("GET", "/", headers=host, query=query)
    assert again.status == 401 and b"works once" in again.body and client.stale == 1
    assert (
        client.ask("GET", "/api/manifest", headers=host, query=b"token=" + client.access.token.encode()).status == 401
    )


def test_secrets_are_long_differ_and_are_in_no_answer(client: Client) -> None:
    from neuronaut.explorer.server.token import Access

    made = [Access(PORT) for _ in range(20)]
    assert len({one.token for one in made} | {one.link() for one in made}) == 40
    assert min(len(one.token) for one in made) >= 43
    for path in paths(client):
        if path != "/api/events":
            assert client.access.token.encode() not in client.ask("GET", path).body


UP = ("..", "%2e%2e", "%252e%252e", "..%2f", "..%5c", "..\\", "....//", "..;", "%c0%ae%c0%ae", ".%00.", "\uff0e\uff0e")
GOALS = ("etc/passwd", "recording.json", "commit.json", "windows/win.ini", "proc/self/environ", "saved.json", "c.0.0")
STARTS = ("/", "/api/blob/", "/api/manifest/", "/app.js/", "/static/")
ODD = (
    "/api/blob/../../../etc/passwd", "/api/blob/file:///etc/passwd", "/api/blob/\\\\host\\share\\x",
    "/api/blob/C:\\x",
    "/api/blob/k0/../k0", "/api/blob/k0#", "/api/blob/k0?", "/api/blob/k0\x00", "/api/blob/k0\n", "/api/blob/K0",
    "/api/blob/k00", "/api/blob/-1", "/api/blob/__proto__", "/api/blob/constructor", "/api/blob/k99999999999999",
    "/api/manifest/..", "/api/manifest/.", "http://evil.example/", "/etc/passwd", "/proc/self/cmdline", "/.git/config",
)  # fmt: skip


def test_no_path_opens_a_file_that_the_recording_does_not_hold(client: Client, titanic: Any) -> None:
    tries = [
        start + "/".join([up] * depth) + "/" + goal
        for start in STARTS
        for up in UP
        for depth in (1, 3)
        for goal in GOALS
    ]
    tries += ODD
    assert len(tries) > 300
    opened: list[str] = []
    watching = [True]

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if watching[0] and event in ("open", "os.listdir", "socket.connect", "subprocess.Popen"):
            opened.append(f"{event} {arguments[0]}")

    client.ask("GET", "/api/manifest")
    client.query("unit", at="0:1")
    client.query("column", name="age")
    client.refused("column", {"name": 3})
    sys.addaudithook(audit)
    try:
        statuses = {path: client.ask("GET", path).status for path in tries}
        for name in tries[:40]:
            body = {"name": "values", "params": {"layer": name, "unit": 0}}
            assert client.post("/api/query", body).status == 404
            assert client.post("/api/query", {"name": "column", "params": {"name": name}}).status == 404
            assert client.post("/api/query", {"name": name}).status == 404
            assert client.post("/api/query", {"name": "mask", "recording": name}).status == 404
    finally:
        watching[0] = False
    assert {path for path, status in statuses.items() if status != 404} == set()
    inside = {str(titanic.path), str(titanic.path.parent), sys.prefix}  # the interpreter imports when it likes
    strange = [one for one in opened if not any(place in one for place in inside) and not _by_descriptor(one)]
    assert strange == []


def _by_descriptor(event: str) -> bool:
    """The store opens files of a recording relative to its open folder: a name of its own, not of the client."""
    name = event.partition(" ")[2]
    return name in ("commit.json", "saved.json", "recording.json") or name.isdigit()
