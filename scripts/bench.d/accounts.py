"""CPU time and memory of process trees, from the kernel's accounts, and what machine this is."""

import os
import pathlib
import platform
import subprocess
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")


def stats():
    """Of every process: its parent, and the seconds that it and the children that it has buried took."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = pathlib.Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            found[int(entry)] = (int(fields[1]), sum(map(int, fields[11:15])) / TICK)
    return found


def trees(roots, found):
    """The processes, and all below them."""
    below, grew = set(roots), True
    while grew:
        more = {pid for pid, (parent, _) in found.items() if parent in below} - below
        grew = bool(more)
        below |= more
    return below


def threads(pids):
    """Nanoseconds on a processor, thread by thread."""
    took = {}
    for pid in pids:
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                text = pathlib.Path(f"/proc/{pid}/task/{thread}/schedstat").read_text()
                took[pid, thread] = int(text.split()[0])
        except OSError:
            continue
    return took


class Meter:
    """What process trees spend from now on, whatever begins and ends in them meanwhile."""

    def __init__(self, roots):
        self.roots = roots
        self.threads, self.total = self.read()

    def read(self):
        found = stats()
        pids = trees(self.roots, found)
        return threads(pids), sum(found[pid][1] for pid in pids if pid in found)

    def seconds(self):
        now, total = self.read()
        if now and self.threads.keys() <= now.keys():
            # Nobody has ended: to the nanosecond.
            return sum(took - self.threads.get(who, 0) for who, took in now.items()) / 1e9
        return total - self.total


def memory(roots):
    """Bytes that are the processes' own, and all that is mapped, shared pages split among their users."""
    own = total = 0
    for pid in trees(roots, stats()):
        try:
            lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        values = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith("kB")}
        own += values.get("Anonymous", 0) * 1024
        total += values.get("Pss", 0) * 1024
    return {"anonymous": own, "total": total}


class Watch:
    """Asks something again and again until it is told to stop; keeps the highest answer."""

    def __init__(self, ask, every):
        self.most, self.ended = {}, threading.Event()
        self.thread = threading.Thread(target=self.run, args=(ask, every), daemon=True)
        self.thread.start()

    def run(self, ask, every):
        while True:
            for key, value in ask().items():
                self.most[key] = max(value, self.most.get(key, 0))
            if self.ended.wait(every):
                return

    def stop(self):
        self.ended.set()
        self.thread.join()
        return self.most


def size_of(path):
    try:
        return path.stat().st_size
    except OSError:
        return 0


def said(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return (done.stdout.strip().splitlines() or [""])[0]
    except OSError:
        return "?"


def manifest(program, folder):
    models = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    total = next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    return {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "grantd": said(program, "--version"), "commit": said("git", "describe", "--always", "--dirty"),
        "nginx": said("nginx", "-v"),
        "postgresql": said(os.environ["POSTGRES_PROGRAMS"] + "/postgres", "--version"),
        "wrk": said("wrk", "-v"), "rustc": said("rustc", "--version"), "python": platform.python_version(),
        "cpu": models[0] if models else platform.processor(), "cores": os.cpu_count(),
        "memory_mib": total // 1024, "kernel": platform.release(),
        "filesystem": said("stat", "-f", "-c", "%T", str(folder)),
        "load_before": os.getloadavg()[0],
    }
