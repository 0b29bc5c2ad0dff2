"""Checks on SQLite beside nginx: one hot set, tokens drawn from all of a million and of ten million, with
creators beside them; lists; memory under load. Then how it grows."""

from accounts import Watch
from load import Wrk, rounds, tokens, wrk
from sides import PASSWORD, Store, basic, call, start_nginx, verify
from targets import median, ratio, table

CONNECTIONS = 64
HOT = 1_000
LISTED = 20_000
PER_PAGE = 30
USER = basic("user-1", PASSWORD)
CREATORS = 8


def creators(store, number):
    """People who create: their passwords are verified at the first request and remembered."""
    return ",".join(basic(f"user-{store.users - one}", PASSWORD) for one in range(number))


def beside_creators(store, side, seconds, round_number=[0]):
    """Checks while others create at full rate. What the creations cost is taken off, as measured alone
    just before."""
    round_number[0] += 1
    creating = {"path": "/api/v3/authorizations", "auths": creators(store, CREATORS)}
    alone = wrk(side, 1, CREATORS, threads=1, create=f"a{round_number[0]}", **creating)
    meter = side.meter()
    load = Wrk(side.port, seconds, CREATORS, threads=1, create=f"b{round_number[0]}", **creating)
    result = Wrk(side.port, seconds, CONNECTIONS, **tokens(store, HOT)).result()
    created = load.result()
    spent = meter.seconds() - created["requests"] * alone["cpu_microseconds"] / 1e6
    return result | {"created_per_second": created["per_second"],
                     "cpu_microseconds": spent * 1e6 / result["requests"]}


def measure(run, targets):
    small = Store(run, "store", run.tokens, first_user=LISTED if run.tokens >= 100_000 else run.tokens // 5)
    side = small.start()
    listed = LISTED if run.tokens >= 100_000 else run.tokens // 5
    last = listed // PER_PAGE if listed < LISTED else 600
    page = f"/api/v3/authorizations?per_page={PER_PAGE}&page="
    nginx = start_nginx(run, "nginx", {
        "/api/v3/applications/": (200, call(side.port, "GET", small.check, small.apps[small.client_id])),
        "/list": (200, call(side.port, "GET", page + "1", USER)),
        "/": (200, b"here"),
    })
    verify(side, [1, *(small.users - one for one in range(CREATORS))])
    watch = Watch(side.memory, 0.5)
    contenders = {
        "nginx, check's bytes": lambda s: wrk(nginx, s, CONNECTIONS, **tokens(small, HOT)),
        "check, hot set": lambda s: wrk(side, s, CONNECTIONS, **tokens(small, HOT)),
        "check, any of all": lambda s: wrk(side, s, CONNECTIONS, **tokens(small)),
        "check, hot set, 8 creators": lambda s: beside_creators(small, side, s),
        "nginx, list's bytes": lambda s: wrk(nginx, s, CONNECTIONS, path="/list", auth=USER),
        "list, page 1": lambda s: wrk(side, s, CONNECTIONS, path=page + "1", auth=USER),
        f"list, page {last}": lambda s: wrk(side, s, CONNECTIONS, path=f"{page}{last}", auth=USER),
    }
    large = other = None
    if run.large:
        large = Store(run, "large", run.large)
        other = large.start()
        large_watch = Watch(other.memory, 0.5)
        contenders["check, any of the large store"] = lambda s: wrk(other, s, CONNECTIONS, **tokens(large))
    results = rounds(run, contenders)
    most = watch.stop()
    table(f"SQLite, {run.tokens:,} tokens", results)

    base, hot, any_ = (results[name] for name in ("nginx, check's bytes", "check, hot set", "check, any of all"))
    targets.most("1", "check, hot set: CPU, of nginx", ratio(hot, base, "cpu_microseconds"), 2.0, also="stretch 1.7×")
    targets.least("1", "check, hot set: requests/s, of nginx", ratio(hot, base, "per_second"), 0.55, also="stretch 0.62×")
    targets.most("2", f"check, any of {run.tokens:,}: CPU, of nginx", ratio(any_, base, "cpu_microseconds"), 3.0)
    if run.large:
        far = results["check, any of the large store"]
        targets.most("2", f"check, any of {run.large:,}: CPU, of the smaller store",
                     ratio(far, any_, "cpu_microseconds"), 1.4)
        peak = large_watch.stop()
        targets.most("9", f"anonymous memory under load, {run.large:,} tokens", peak["anonymous"] / 2**20, 128, " MiB",
                     also=f"total {peak['total'] / 2**20:.0f} MiB")
        other.stop()
    else:
        targets.absent("2", "check, any of 10,000,000: CPU, of 1 M", "give --large 10000000")
        targets.absent("9", "anonymous memory under load, 10 M tokens", "give --large 10000000")
    targets.most("3", "check, 64 connections: p99, of nginx", ratio(hot, base, "p99"), 1.5)
    writing = results["check, hot set, 8 creators"]
    targets.most("3", "check beside 8 creators: CPU, of quiet", ratio(writing, hot, "cpu_microseconds"), 1.5,
                 also=f"{median(writing, 'created_per_second'):.0f} creations/s beside them")
    pages = results["list, page 1"], results[f"list, page {last}"], results["nginx, list's bytes"]
    targets.most("7", f"list of 30 of {listed:,}: CPU, of nginx", ratio(pages[0], pages[2], "cpu_microseconds"), 7)
    targets.most("7", f"list, page {last}: CPU, of page 1", ratio(pages[1], pages[0], "cpu_microseconds"), 1.2)
    targets.most("9", f"anonymous memory under load, {run.tokens:,} tokens", most["anonymous"] / 2**20, 128, " MiB",
                 also=f"total {most['total'] / 2**20:.0f} MiB")
    nginx.stop()
    run.capacity = median(any_, "per_second")
    return small, side, {"rounds": results, "memory": most}


def grow(run):
    """CPU of a check by the number of tokens, alone, one after the other."""
    sizes = [size for size in (10_000, 100_000, 1_000_000) if size <= run.tokens]
    points, sides = [], {}
    for size in sizes + ([run.large] if run.large else []):
        store = Store(run, f"grown-{size}", size)
        sides[size] = (store, store.start())
    def any_of(size):
        store, side = sides[size]
        return lambda seconds: wrk(side, seconds, CONNECTIONS, **tokens(store))
    results = rounds(run, {f"{size:,} tokens": any_of(size) for size in sides}, seconds=max(1, run.seconds - 1))
    for size, (store, side) in sides.items():
        side.stop()
        done = results[f"{size:,} tokens"]
        points.append({"tokens": size, "cpu_microseconds": median(done, "cpu_microseconds"),
                       "p50": median(done, "p50"), "file_bytes": (store.folder / "grantd.db").stat().st_size})
    table("growth", results)
    return {"rounds": results, "points": points}
