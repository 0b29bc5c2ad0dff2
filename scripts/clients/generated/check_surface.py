"""Compares the generated client with the table of what it must offer.

Usage: check_surface.py expected.json, with the client on PYTHONPATH.
"""

import inspect
import json
import re
import sys

import openapi_client

VARIANTS = ("_with_http_info", "_without_preload_content")


def operations(api):
    """The public methods of an API class, one per operation."""
    return {
        name: method
        for name, method in inspect.getmembers(api, inspect.isfunction)
        if not name.startswith("_") and not name.endswith(VARIANTS)
    }


def returned(method):
    """A method's return type as a reader writes it, or None."""
    kind = inspect.signature(method).return_annotation
    if kind is None:
        return None
    return kind.__name__ if inspect.isclass(kind) else re.sub(r"[\w.]+\.(\w+)", r"\1", str(kind))


def shape(api, name, method):
    """What the table says about a method, read from the generated code."""
    source = inspect.getsource(method)
    serializer = inspect.getsource(getattr(api, f"_{name}_serialize"))
    answers = re.search(r"_response_types_map.*?= \{(.*?)\n        \}", source, re.S).group(1)
    return {
        "method": re.search(r"method='(\w+)'", serializer).group(1),
        "path": re.search(r"resource_path='([^']+)'", serializer).group(1),
        "parameters": [p for p in inspect.signature(method).parameters if p != "self" and not p.startswith("_")],
        "returns": returned(method),
        "statuses": re.findall(r"'(\d{3})':", answers),
        "password": bool(re.search(r"_auth_settings.*?\[[^\]]*'password'", serializer, re.S)),
    }


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        expected = json.load(file)
    api = openapi_client.OauthAuthorizationsApi
    found = operations(api)
    wrong = []
    if sorted(found) != sorted(expected["operations"]):
        wrong.append(f"methods: {sorted(found)}")
    for name in set(found) & set(expected["operations"]):
        want, have = expected["operations"][name], shape(api, name, found[name])
        for key in ("method", "path", "parameters", "returns"):
            if have[key] != want[key]:
                wrong.append(f"{name}: {key} is {have[key]}, not {want[key]}")
        missing = set(want["statuses"]) - set(have["statuses"])
        if missing:
            wrong.append(f"{name}: does not know {sorted(missing)}")
        if not have["password"]:
            wrong.append(f"{name}: does not send username and password")
    wrong += [f"no model {name}" for name in expected["models"] if not hasattr(openapi_client, name)]
    for line in wrong:
        print(f"not ok - surface: {line}")
    if wrong:
        sys.exit(1)
    print(f"ok - surface: {len(found)} methods and {len(expected['models'])} models as published")


main()
