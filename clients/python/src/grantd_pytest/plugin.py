"""The fixtures: `grantd` is a server at its beginning, for each test anew."""

from __future__ import annotations

import os
from typing import Iterator

import pytest

from .server import Grantd, GrantdError


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("grantd")
    group.addoption("--grantd-program", help="the grantd program; otherwise that of the ini file, then `grantd`")
    parser.addini("grantd_program", "the grantd program", default="grantd")
    parser.addini("grantd_seed_file", "who and what is there (TOML), beside the ini file", default="")
    parser.addini("grantd_seed", "what made tokens follow from", default="1")
    parser.addini("grantd_clock", "where the clock stands at the start of each test; empty: it runs", default="")
    parser.addini("grantd_arguments", "more arguments for `grantd dev`", type="args", default=[])


@pytest.fixture(scope="session")
def grantd_server(pytestconfig: pytest.Config) -> Iterator[Grantd]:
    """One server for the whole run (one per worker); tests take `grantd`."""
    seed_file = pytestconfig.getini("grantd_seed_file")
    if seed_file:
        folder = pytestconfig.inipath.parent if pytestconfig.inipath else pytestconfig.rootpath
        seed_file = folder / os.path.expanduser(seed_file)
    server = Grantd(
        pytestconfig.getoption("--grantd-program") or pytestconfig.getini("grantd_program"),
        seed_file=seed_file or None,
        seed=int(pytestconfig.getini("grantd_seed")),
        clock=pytestconfig.getini("grantd_clock") or None,
        arguments=pytestconfig.getini("grantd_arguments"),
    )
    yield server
    server.stop()


@pytest.fixture
def grantd(grantd_server: Grantd) -> Grantd:
    """A server at its beginning."""
    grantd_server.reset()
    return grantd_server


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A test that failed shows what was asked and answered."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    server = getattr(item, "funcargs", {}).get("grantd")
    if report.when == "call" and report.failed and isinstance(server, Grantd):
        try:
            lines = [
                f"{entry.method} {entry.path} -> {entry.status or 'cut'}" for entry in server.journal
            ]
        except GrantdError as why:
            lines = [str(why)]
        report.sections.append(("grantd's journal", "\n".join(lines)))
