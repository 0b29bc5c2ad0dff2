"""Other token authorities, as their makers say they are run, asked whether a token is valid (RFC 7662) in the same
rounds as grantd is. Each is asked first whether it knows its own token: only `active: true` counts as a check."""

import json
import os
import pathlib
import subprocess
import urllib.parse

from load import rounds, tokens, wrk
from sides import Side, Store, basic, call, free_port, wait_for
from targets import median, table

HERE = pathlib.Path(__file__).resolve().parent / "peers"
CONNECTIONS = 16
SECRET = "a-secret-of-some-length-for-the-bench"
# By how much a check here must be cheaper.
LESS = {"oidc-provider": 6, "doorkeeper": 60, "django-oauth-toolkit": 80}


class Absent(Exception):
    """A peer that is not here, and why."""


def made(command, run, words, **environment):
    """The last words of a program that makes an app and tokens."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=run.log, text=True, check=False,
                          env=os.environ | environment)
    said = done.stdout.split()
    if done.returncode or len(said) < words:
        raise Absent(f"it could not be set up ({done.returncode}), see the log")
    return said[-words:]


def started(run, name, command, environment, path):
    port = free_port()
    command = [str(word).replace("PORT", str(port)) for word in command]
    side = Side(name, command, run.log, port, os.environ | environment, folder=run.folder)
    run.started.append(side)
    try:
        wait_for(side, path)
    except SystemExit as why:
        raise Absent(str(why)) from why
    return side


def oidc_provider(run):
    modules = run.tools / "peers/oidc"
    if not (modules / "node_modules/oidc-provider").is_dir():
        raise Absent("npm did not give it")
    side = started(run, "oidc-provider", ["node", HERE / "oidc.mjs", "PORT", modules], {"NODE_ENV": "production"},
                   "/.well-known/openid-configuration")
    token = json.loads(call(side.port, "POST", "/token", basic("bench", SECRET), "grant_type=client_credentials",
                            {"Content-Type": "application/x-www-form-urlencoded"}))["access_token"]
    return side, "/token/introspection", basic("bench", SECRET), token


def django_oauth_toolkit(run):
    programs, folder = run.tools / "peers/django/bin", run.folder / "django"
    if not (programs / "gunicorn").exists():
        raise Absent("PyPI did not give it")
    folder.mkdir()
    environment = {"PEER_FOLDER": str(folder), "DJANGO_SETTINGS_MODULE": "django_site"}
    asker, token = made([programs / "python", HERE / "django_site.py"], run, 2, **environment)
    # As many workers as gunicorn's manual says.
    workers = 2 * (os.cpu_count() or 1) + 1
    side = started(run, "django-oauth-toolkit",
                   [programs / "gunicorn", "--chdir", HERE, "-w", workers, "-b", "127.0.0.1:PORT",
                    "django_site_wsgi:application"], environment, "/")
    return side, "/o/introspect/", f"Bearer {asker}", token


def doorkeeper(run):
    folder = run.folder / "doorkeeper"
    folder.mkdir()
    environment = {"PEER_FOLDER": str(folder), "RAILS_ENV": "production", "RACK_ENV": "production"}
    config = HERE / "doorkeeper.ru"
    try:
        client, secret, token = made(["ruby", "-r", "rack", "-e", f"Rack::Builder.parse_file('{config}')"], run, 3,
                                     MAKE="yes", **environment)
    except FileNotFoundError as why:
        raise Absent("there is no ruby") from why
    side = started(run, "doorkeeper", ["puma", "-w", os.cpu_count(), "-t", "5:5", "-b", "tcp://127.0.0.1:PORT", config],
                   environment, "/")
    return side, "/oauth/introspect", basic(client, secret), token


PEERS = {"oidc-provider": oidc_provider, "doorkeeper": doorkeeper, "django-oauth-toolkit": django_oauth_toolkit}


def measure(run, targets):
    store = Store(run, "peers", min(run.tokens, 100_000))
    side = store.start("peers")
    contenders = {"grantd": lambda s: wrk(side, s, CONNECTIONS, **tokens(store, 1_000))}
    absent = {}
    for name, begin in PEERS.items():
        try:
            peer, path, auth, token = begin(run)
        except Absent as why:
            absent[name] = str(why)
            continue
        form = urllib.parse.urlencode({"token": token})
        said = json.loads(call(peer.port, "POST", path, auth, form, {"Content-Type": "application/x-www-form-urlencoded"}))
        if said.get("active") is not True:
            absent[name] = f"it does not know its own token: {said}"
            continue
        contenders[name] = lambda s, peer=peer, path=path, auth=auth, form=form: wrk(
            peer, s, CONNECTIONS, path=path, auth=auth, form=form)
    # The slow ones answer too little in less.
    seconds = max(3, run.seconds)
    results = rounds(run, contenders, seconds, warm=seconds)
    table("peers, a check", results)
    for name, less in LESS.items():
        if name in absent:
            targets.absent("8", f"check: CPU of {name}, of ours", absent[name])
            continue
        ratios = sorted(peer["cpu_microseconds"] / own["cpu_microseconds"]
                        for peer, own in zip(results[name], results["grantd"]))
        targets.least("8", f"check: CPU of {name}, of ours", ratios[len(ratios) // 2], less,
                      also=f"{median(results[name], 'cpu_microseconds'):,.0f} µs")
    targets.absent("8", "check: CPU of rauthy, of ours", "it is in no registry that this script uses")
    return {"rounds": results, "absent": absent}
