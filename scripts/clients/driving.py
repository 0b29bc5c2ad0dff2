"""What the Python drivers share: steps, expectations, one-time passwords."""

import base64
import hashlib
import hmac
import struct
import sys
import time

_failures = 0


class Differs(Exception):
    """An operation that is not as the client expects, and is meant to be so."""


def step(name):
    """Runs the function below it at once and prints how it went."""

    def decorate(action):
        global _failures
        try:
            print(f"ok - {name}: {action()}")
        except Differs as why:
            print(f"differs - {name}: {why}")
        except Exception as error:  # pylint: disable=broad-except
            _failures += 1
            print(f"not ok - {name}: {type(error).__name__} {error}".replace("\n", " "))

    return decorate


def differs(why):
    """Ends a step whose operation is meant not to be as the client expects; docs/divergences.md says why."""
    raise Differs(why)


def finish():
    """Ends the program, with 1 if a step failed."""
    sys.exit(1 if _failures else 0)


def equal(have, want):
    if have != want:
        raise AssertionError(f"{have!r} is not {want!r}")


def refused(kind, status, call):
    """The refusal, an exception with a status, that a call must end in."""
    try:
        call()
    except kind as error:
        equal(error.status, status)
        return error
    raise AssertionError(f"expected {status}, but it went through")


def totp(secret):
    """RFC 6238: HMAC-SHA1, 30 seconds, six digits."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8), casefold=True)
    mac = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    offset = mac[-1] & 0x0F
    number = struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
