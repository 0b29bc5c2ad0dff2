"""Checks at a third of what the machine can do, beside people who log in and beside a flood of wrong
passwords, with latency from the moment a check was due."""

import os
import random
import statistics
import time

from accounts import Watch
from load import Fire, line, rounds
from sides import PASSWORD, Limit, ask, basic

SHARE = 0.3
CONNECTIONS = 64
LOGGING_IN = 8
FLOOD = 1_000
MEMORY = 256 << 20
SAMPLED = 20_000


def checks(store):
    lines = []
    with open(store.samples) as file:
        for number, text in enumerate(file):
            if number >= SAMPLED:
                break
            client_id, token = text.split()
            lines.append(line("GET", f"/api/v3/applications/{client_id}/tokens/{token}",
                              f"Authorization: {store.apps[client_id]}"))
    random.shuffle(lines)
    return lines


def log_ins(users, password=PASSWORD, hosts=250):
    """Each of somebody from an address of theirs: none is remembered from before."""
    return [line("GET", "/api/v3/user", f"Authorization: {basic(f'user-{user}', password)}",
                 f"X-Forwarded-For: 10.{user >> 16 & 255}.{user >> 8 & 255}.{user % hosts + 1}") for user in users]


def quiet_and_log_ins(run, store, side, targets):
    rate = max(50, run.capacity * SHARE)
    asked = checks(store)
    # Users in turn: whose password was verified a moment ago would cost nothing.
    turn = iter(range(10, store.users))

    def alone(seconds):
        return Fire(run, side, asked, CONNECTIONS, seconds, rate).result()

    def beside(seconds):
        users = [user for _, user in zip(range(100 * os.cpu_count() * seconds), turn)]
        logging_in = Fire(run, side, log_ins(users), LOGGING_IN, seconds, 0)
        result = alone(seconds)
        return result | {"log_ins": logging_in.result()}

    results = rounds(run, {"checks at 30 %": alone, "checks at 30 %, log-ins": beside}, seconds=run.seconds + 1)
    quiet, busy = results["checks at 30 %"], results["checks at 30 %, log-ins"]
    p99 = statistics.median(one["p99"] for one in quiet) / 1e3
    with_log_ins = statistics.median(one["p99"] for one in busy) / 1e3
    fine = statistics.median(one["log_ins"]["statuses"].get("200", {"per_second": 0})["per_second"] for one in busy)
    run.bound = max(3 * p99, 5.0)
    targets.told("3", f"checks at {rate:,.0f}/s alone: p99 from when due", p99, " ms")
    targets.most("3", "the same beside log-ins at full rate: p99", with_log_ins, run.bound, " ms",
                 also=f"{fine:.0f} log-ins/s beside them")
    return results


def flood(run, store, targets):
    """A server of its own, in little memory."""
    seconds = run.flood
    limit = Limit(MEMORY)
    side = store.start("flooded", limits=limit)
    watch = Watch(side.memory, 0.25)
    # These are attacked, those are not. A stranger tries everybody's password from everywhere.
    attacked, others = range(1_000, store.users), range(20, 900)
    wrong = [line("GET", "/api/v3/user", f"Authorization: {basic(f'user-{random.choice(attacked)}', 'wrong')}",
                  f"X-Forwarded-For: 203.0.{random.randrange(256)}.{random.randrange(256)}") for _ in range(20_000)]
    known = ask(side.port, "GET", "/api/v3/user", basic("user-1500", PASSWORD), headers={"X-Forwarded-For": "10.9.9.9"})
    before = Fire(run, side, checks(store), CONNECTIONS, 2, max(50, run.capacity * SHARE)).result()
    # The attackers' processor time would be spent elsewhere, so they come last here.
    attack = Fire(run, side, wrong, FLOOD, seconds + 1, 0, nice=15)
    # A thousand connections take a moment to be there.
    time.sleep(FLOOD * 0.002 + 0.2)
    correct = Fire(run, side, log_ins(others), 4, seconds, 8)
    probe = Fire(run, side, wrong[:2_000], 4, seconds, 40)
    checked = Fire(run, side, checks(store), CONNECTIONS, seconds, max(50, run.capacity * SHARE)).result()
    correct, probe, attack = correct.result(), probe.result(), attack.result()
    alive = side.process.poll() is None
    # Afterwards: those who were not attacked, and one who was, from an address that is known.
    locked_out = 0
    for user in list(others)[:20]:
        status, _ = ask(side.port, "GET", "/api/v3/user", basic(f"user-{user}", PASSWORD),
                        headers={"X-Forwarded-For": f"10.{user >> 16 & 255}.{user >> 8 & 255}.{user % 250 + 1}"})
        locked_out += status != 200
    status, _ = ask(side.port, "GET", "/api/v3/user", basic("user-1500", PASSWORD),
                    headers={"X-Forwarded-For": "10.9.9.9"})
    locked_out += status != 200 or known[0] != 200
    most = watch.stop()
    side.stop()
    peak = limit.most()
    limit.remove()

    refused = {status: seen for status, seen in attack["statuses"].items() if status in ("429", "503")}
    overflow = sum(seen["requests"] for seen in refused.values())
    seen = [probe["statuses"][status] for status in ("429", "503") if status in probe["statuses"]]
    right = correct["statuses"].get("200", {"requests": 0})["requests"] / seconds
    targets.most("4", f"flood of {FLOOD:,} connections, {seconds} s: p99 of checks", checked["p99"] / 1e3, run.bound, " ms",
                 also=f"{before['p99'] / 1e3:.2f} ms before; {attack['per_second']:,.0f} wrong passwords/s")
    targets.most("S27", "checks during the flood: p99", checked["p99"] / 1e3, 10, " ms")
    targets.most("4", f"the same: anonymous memory, in {MEMORY >> 20} MiB ({limit.how})",
                 most["anonymous"] / 2**20 if alive else float("inf"), MEMORY >> 20, " MiB",
                 also=("" if alive else "it died; ") + (f"peak with page cache {peak >> 20} MiB" if peak else ""))
    targets.least("4", "the same: correct log-ins", right, 1, "/s", also=f"of {correct['per_second']:.1f}/s tried")
    targets.most("4", "the same: others locked out afterwards", locked_out, 0, "")
    if seen:
        late = max(one["p99"] for one in seen) / 1e3
        targets.most("4", "the same: answers to the overflow, p99 of a caller beside", late, 5, " ms",
                     also=f"median {max(one['p50'] for one in seen) / 1e3:.2f} ms")
    else:
        targets.absent("4", "the same: answers to the overflow", "nobody was turned away with 429 or 503")
    targets.least("4", "the same: overflow with Retry-After", attack["retry_after"] / max(1, overflow), 1.0, "",
                  also=f"{overflow:,} answers of 429 or 503")
    return {"checks": checked, "before": before, "attack": attack, "correct": correct, "probe": probe,
            "memory": most, "limit": limit.how, "peak": peak, "alive": alive, "locked_out": locked_out}
