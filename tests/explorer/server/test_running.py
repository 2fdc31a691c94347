"""A server that really runs: slow clients, many clients, events, the live model, and a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from asgi_client import answer
from passenger_recordings import record_passengers

import neuronaut as naut
from neuronaut.core.errors import DataError
from neuronaut.explorer.server.limits import Limits
from neuronaut.explorer.server.run import Server, _listening
from neuronaut.explorer.server.served import Served
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording
from neuronaut.store.saved import save_slice

LIMITS = Limits(header_s=0.4, body_s=0.4, poll_s=0.02, sockets=300)


@pytest.fixture
def server(titanic: Recording) -> Iterator[Server]:
    with Server([open_recording(titanic.path)], limits=LIMITS) as running:
        yield running


def asked(server: Server, method: str, path: str, content: Any = None) -> tuple[int, bytes]:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
        return asked_on(connection, server, method, path, content)


def asked_on(
    connection: http.client.HTTPConnection, server: Server, method: str, path: str, content: Any = None
) -> tuple[int, bytes]:
    body = None if content is None else json.dumps(content)
    headers = {"Authorization": f"Bearer {server.token}", "Origin": server.url}
    connection.request(method, path, body, headers | ({} if body is None else {"Content-Type": "application/json"}))
    reply = connection.getresponse()
    return reply.status, reply.read()


def raw(server: Server, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as one:
        one.sendall(data)
        found = b""
        while piece := one.recv(65536):
            found += piece
    return found


def test_it_listens_on_this_machine_only_and_gives_its_port_back(server: Server) -> None:
    own = [one for one in psutil.Process().net_connections("inet") if one.status == "LISTEN"]
    addresses = {one.laddr.ip for one in own if one.laddr.port == server.port}
    assert "127.0.0.1" in addresses and addresses <= {"127.0.0.1", "::1"}
    with pytest.raises(DataError, match="cannot be had"):
        Server([], port=server.port)
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=2)


def test_the_second_piece_of_an_answer_does_not_wait_for_the_first_to_be_acknowledged() -> None:
    async def held_back(listening: socket.socket) -> bool:
        answered = asyncio.get_running_loop().create_future()
        serving = await asyncio.start_server(lambda _, writer: answered.set_result(writer), sock=listening)
        _, asking = await asyncio.open_connection(*listening.getsockname()[:2])
        connection = (await answered).get_extra_info("socket")
        at_once = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        for one in (asking, await answered, serving):
            one.close()
        return not at_once

    with ThreadPoolExecutor(1) as thread:  # a browser's test before may have left its loop running in this one
        found = [thread.submit(asyncio.run, held_back(one)).result() for one in _listening(0)]
    assert found in ([False], [False, False])


def test_the_token_lies_in_a_file_of_this_account_alone_while_it_runs(server: Server) -> None:
    file = Path(os.environ["NEURONAUT_CACHE"]) / "servers" / f"{server.port}.json"
    assert json.loads(file.read_text())["token"] == server.token
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    server.stop()
    assert not file.exists()


def test_what_is_no_http_is_refused_with_the_same_headers(server: Server) -> None:
    reply = raw(server, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nBroken header\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 400") and b"content-security-policy: default-src 'none'" in reply
    assert raw(server, b"GET /api/manifest HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 400")
    evil = (
        f"GET http://evil.example/api/manifest HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n\r\n"
    )
    assert raw(server, evil.encode()).startswith(b"HTTP/1.1 401")
    upgrade = (
        f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    )
    key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    assert b" 401 " in raw(server, (upgrade + key + "Connection: close\r\n\r\n").encode()).split(b"\r\n")[0]


def test_slow_and_silent_clients_are_dropped_and_others_do_not_wait(server: Server) -> None:
    silent = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(200)]
    for number, one in enumerate(silent):
        one.sendall(b"GET / HTTP/1.1\r\nHost: " if number % 2 else b"")
    assert asked(server, "GET", "/api/manifest")[0] == 200
    assert {one.recv(1) for one in silent} == {b""}
    for one in silent:
        one.close()
    head = f"POST /api/query HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: {server.url}\r\nConnection: close\r\n"
    more = f"Authorization: Bearer {server.token}\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{{"
    assert raw(server, (head + more).encode()).startswith(b"HTTP/1.1 408")


def test_fifty_clients_are_answered_rightly_and_memory_stays(server: Server, titanic: Recording) -> None:
    expected = titanic["3"].read()
    wrong: list[Any] = []
    rounds = 12

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        for turn in range(rounds):
            unit = (number + turn) % expected.shape[1]
            question = {"name": "values", "params": {"layer": "3", "unit": unit, "rows": [number, turn]}}
            status, body = asked_on(connection, server, "POST", "/api/query", question)
            if status == 429:
                continue
            if status != 200 or not np.array_equal(answer(body)["value"], expected[[number, turn], unit]):
                wrong.append((status, body[:100]))
            if asked_on(connection, server, "GET", "/api/manifest")[0] not in (200, 429):
                wrong.append("manifest")
        connection.close()

    def load() -> None:
        clients = [threading.Thread(target=client, args=(number,)) for number in range(50)]
        for one in clients:
            one.start()
        for one in clients:
            one.join()

    load()
    before = psutil.Process().memory_info().rss
    load()
    assert wrong == []
    assert psutil.Process().memory_info().rss - before < 32 << 20
    assert asked(server, "GET", "/api/manifest")[0] == 200


def test_a_page_hears_of_new_results_and_streams_end_with_the_server(tmp_path: Path) -> None:
    rec = record_passengers(tmp_path / "heard.naut")
    with Server([rec], limits=LIMITS) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        connection.request("GET", "/api/events", headers={"Authorization": f"Bearer {server.token}"})
        stream = connection.getresponse()
        assert stream.getheader("content-type") == "text/event-stream"
        assert [stream.readline() for _ in range(3)] == [b"retry: 2000\n", b": listening\n", b"\n"]
        assert asked(server, "POST", "/api/query", {"name": "activity", "params": {"slices": "age > 41"}})[0] == 200
        assert stream.readline() == f"id: {rec.sequence}\n".encode()
        event = json.loads(stream.readline().removeprefix(b"data: "))
        assert event == {"kind": "result", "recording": rec.id, "sequence": rec.sequence, "name": "activity"}
        server.stop()
        assert stream.readline() == b"\n" and stream.readline() == b""
        connection.close()


_OUTWARD = ("socket.connect", "socket.getaddrinfo", "urllib.Request", "subprocess.Popen")


def test_serving_connects_to_nobody(server: Server) -> None:
    called: list[str] = []
    main = threading.get_ident()
    watching = [True]

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if watching[0] and event in _OUTWARD and threading.get_ident() != main:
            called.append(event)

    sys.addaudithook(audit)
    try:
        for name, params in (
            ("activity", {}),
            ("rows", {}),
            ("top", {"at": "0:1"}),
            ("mask", {"expression": "age > 3"}),
        ):
            assert asked(server, "POST", "/api/query", {"name": name, "params": params})[0] == 200
        assert asked(server, "GET", "/app.js")[0] == 200
    finally:
        watching[0] = False
    assert called == []


def test_a_proxy_may_reach_it_under_a_name_that_was_given(titanic: Recording) -> None:
    with Server([open_recording(titanic.path)], allow_host=["Lab.example.org"]) as server:
        request = "GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\r\n"
        for host, status in (("lab.example.org", b"200"), ("lab.example.org.evil", b"400")):
            assert raw(server, request.format(host, server.token).encode()).split()[1] == status
    for name in ("a b", "http://x", "x/y", "*", "", "x:y"):
        with pytest.raises(DataError, match="no host name"):
            Server([open_recording(titanic.path)], allow_host=[name])


def torch_recording(folder: Path) -> tuple[Any, Recording]:
    import torch

    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    inputs = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    metadata = {"label": np.where(inputs[:, 0] > 0, 1, 0)}
    return net, naut.record(net, inputs, metadata=metadata, labels="label", to=folder / "live.naut")


def test_the_live_model_answers_for_typed_rows_edits_and_ablation(tmp_path: Path) -> None:
    net, rec = torch_recording(tmp_path)
    with naut.show(rec, model=net, open_browser=False, block=False, say=lambda text: None) as server:

        def ask(name: str, **params: Any) -> Any:
            status, body = asked(server, "POST", "/api/query", {"name": name, "params": params})
            assert status == 200, body
            return answer(body)

        row = rec["input"].read(4)
        typed, recorded = ask("forward", inputs=[row.tolist()]), ask("forward", row=4)
        hidden = rec["0"].read(4)
        assert typed.card["layers"] == ["input", "0", "2"]
        np.testing.assert_allclose(typed["value"][0, 3:11], hidden, rtol=1e-6)
        np.testing.assert_array_equal(typed["value"], recorded["value"])
        weight, bias = net[2].weight.detach().numpy(), net[2].bias.detach().numpy()
        halved = ask(
            "forward", row=4, edits=[{"at": "0:1", "how": "scale", "factor": 0.5}, {"at": "0:2", "how": "zero"}]
        )
        changed = hidden * np.array([1, 0.5, 0, 1, 1, 1, 1, 1])
        np.testing.assert_allclose(halved["value"][0, 11:], weight @ changed + bias, rtol=1e-5)
        expected = naut.ablate(net, rec, "0:1", resamples=50, null=3)
        found = ask("ablate", units="0:1", resamples=50, null=3)
        for key in ("effect", "low", "high", "null_mean"):
            np.testing.assert_array_equal(found[key], expected[key])
        fresh = naut.influence(rec, "0:1", "label == 1", model=net)
        np.testing.assert_array_equal(ask("influence", at="0:1", where="label == 1")["effect"], fresh["effect"])
        for params in (
            {},
            {"row": 60},
            {"inputs": [[1.0]]},
            {"row": 1, "edits": [{"at": 3}]},
            {"row": 1, "edits": [{"at": "0:8"}]},
        ):
            assert asked(server, "POST", "/api/query", {"name": "forward", "params": params})[0] == 422


def test_the_command_prints_a_link_that_opens_and_ends_on_ctrl_c(titanic: Recording) -> None:
    command = [sys.executable, "-u", "-m", "neuronaut.cli", "show", str(titanic.path), "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        lines = [process.stdout.readline() for _ in range(5)]
        link = lines[1].strip()
        port = int(link.split(":")[2].partition("/")[0])
        assert f"ssh -L {port}:127.0.0.1:{port}" in lines[3] and "Ctrl-C" in lines[4]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", link.partition(str(port))[2])
        reply = connection.getresponse()
        assert reply.status == 303
        cookie = str(reply.getheader("set-cookie")).partition(";")[0]
        reply.read()
        connection.request("GET", "/api/manifest", headers={"Cookie": cookie})
        assert json.loads(connection.getresponse().read())["id"] == titanic.id
        connection.close()
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "") and "ended" in out


@pytest.mark.parametrize("waits", [True, False])
def test_ctrl_c_while_the_link_is_told_ends_it_too(titanic: Recording, waits: bool) -> None:
    ports = []

    def interrupted(text: str) -> None:
        ports.append(int(text.split("127.0.0.1:")[1].partition("/")[0]))
        raise KeyboardInterrupt

    ends = contextlib.nullcontext() if waits else pytest.raises(KeyboardInterrupt)
    with ends:
        naut.show(titanic.path, open_browser=False, block=waits, say=interrupted)
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", ports[0]), timeout=5):
        pass


def test_what_a_query_sees_first_is_told_to_listeners_all_the_same(tmp_path: Path) -> None:
    record_passengers(tmp_path / "own.naut")
    rec = open_recording(tmp_path / "own.naut", writable=True)
    served = Served([rec])
    save_slice(rec, "the young", "age < 16")
    served.recording(rec.id)
    assert [event.kind for event in served.news()] == ["saved"]
    assert served.news() == []
