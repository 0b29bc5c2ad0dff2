"""What single answers take: from the start of the process to the first one; a password that is remembered and one
that is not; and pairs that nobody may tell apart by the clock."""

import http.client
import random
import socket
import statistics
import string
import time
import zlib

from accounts import memory
from sides import PASSWORD, basic


class Caller:
    """One connection, one request after the other."""

    def __init__(self, side):
        self.connection = http.client.HTTPConnection("127.0.0.1", side.port, timeout=60)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, path, authorization, address=None):
        """Status and microseconds."""
        headers = {"User-Agent": "bench", "Authorization": authorization}
        if address:
            headers["X-Forwarded-For"] = address
        began = time.perf_counter_ns()
        self.connection.request("GET", path, None, headers)
        response = self.connection.getresponse()
        response.read()
        return response.status, (time.perf_counter_ns() - began) / 1e3


def first_answer(run, store):
    """Milliseconds from the start of the process to the first check that is answered; and the memory of a server
    that has had nothing to do for a while."""
    began = time.perf_counter()
    server = store.start("start", wait=False)
    request = (f"GET {store.check} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n"
               f"Authorization: {store.apps[store.client_id]}\r\n\r\n").encode()
    while True:
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=5) as wire:
                wire.sendall(request)
                if wire.recv(4_096).startswith(b"HTTP/1.1 200"):
                    break
        except OSError:
            pass
        if time.perf_counter() - began > 30:
            raise SystemExit("no answer within 30 s of a start")
        time.sleep(0.000_5)
    took = (time.perf_counter() - began) * 1e3
    time.sleep(2)
    idle = memory(server.roots)
    server.stop()
    return {"milliseconds": took, **idle}


def start(run, store, targets):
    starts = [first_answer(run, store) for _ in range(max(3, run.rounds))]
    took = statistics.median(one["milliseconds"] for one in starts)
    idle = statistics.median(one["anonymous"] for one in starts)
    targets.most("9", f"start to the first check, {run.tokens:,} tokens", took, 50, " ms")
    targets.most("9", "anonymous memory, idle", idle / 2**20, 40, " MiB",
                 also=f"total {statistics.median(one['total'] for one in starts) / 2**20:.0f} MiB")
    return starts


def nobodys_token():
    """Of the right shape, checksum included."""
    digits = string.digits + string.ascii_uppercase + string.ascii_lowercase
    drawn = "".join(random.choices(digits, k=30))
    rest, checksum = zlib.crc32(drawn.encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        checksum = digits[digit] + checksum
    return f"gto_{drawn}{checksum}"


def passwords(run, store, side, targets):
    """CPU of a request with Basic, the first of each user and the next ones."""
    caller, users = Caller(side), range(1_000, 1_000 + run.samples)
    times, cpu = {"miss": [], "hit": []}, {}
    for kind, each in (("miss", 1), ("hit", 20)):
        meter = side.meter()
        for user in users:
            for _ in range(each):
                status, took = caller.ask("/api/v3/user", basic(f"user-{user}", PASSWORD), f"10.1.{user >> 8}.{user & 255}")
                if status != 200:
                    raise SystemExit(f"a right password: {status}")
                times[kind].append(took)
        cpu[kind] = meter.seconds() * 1e6 / (each * len(users))
    hit, miss = (statistics.median(times[kind]) for kind in ("hit", "miss"))
    targets.least("10", "password not remembered: CPU end to end, of remembered", cpu["miss"] / cpu["hit"], 300,
                  also=f"{cpu['miss']:,.0f} and {cpu['hit']:.0f} µs; median answers {miss:,.0f} and {hit:.0f} µs")
    return {"cpu_microseconds": cpu, "medians": {"hit": hit, "miss": miss}}


def pairs(run, store, side, targets):
    """S07: a login that nobody has, beside a wrong password. S18: a token that nobody has, another app's, and what
    is no token."""
    caller, seen = Caller(side), {}
    unknown, wrong = [], []
    for number in range(run.samples):
        # From ever other addresses: nobody is locked out meanwhile.
        address = f"198.51.{number >> 8 & 255}.{number & 255}"
        for times, login in ((unknown, f"nobody-{number}"), (wrong, f"user-{store.users - number}")):
            status, took = caller.ask("/api/v3/user", basic(login, f"wrong {number}"), address)
            if status != 401:
                raise SystemExit(f"a wrong password: {status}")
            times.append(took)
    seen["unknown login"], seen["wrong password"] = statistics.median(unknown), statistics.median(wrong)
    foreign = next(text.split()[1] for text in open(store.samples) if not text.startswith(store.client_id))
    asked = {"valid": store.token, "unknown": nobodys_token(),
             "another app's": foreign, "malformed": "not-a-token-at-all-but-quite-as-long-one"}
    times = {kind: [] for kind in asked}
    for _ in range(run.samples * 20):
        for kind, token in asked.items():
            status, took = caller.ask(f"/api/v3/applications/{store.client_id}/tokens/{token}",
                                      store.apps[store.client_id])
            if status != (200 if kind == "valid" else 404):
                raise SystemExit(f"a check of a token that is {kind}: {status}")
            times[kind].append(took)
    seen |= {f"token, {kind}": statistics.median(took) for kind, took in times.items()}
    a, b = seen["unknown login"], seen["wrong password"]
    targets.told("S07", "unknown login: median, of a wrong password", a / b, "×", f"{a:,.0f} and {b:,.0f} µs")
    a, b, c = seen["token, unknown"], seen["token, another app's"], seen["token, malformed"]
    targets.told("S18", "another app's token: median, of an unknown one", b / a, "×", f"{b:.0f} and {a:.0f} µs")
    targets.told("S18", "no token at all: median, of an unknown one", c / a, "×", f"{c:.0f} and {a:.0f} µs")
    return seen
