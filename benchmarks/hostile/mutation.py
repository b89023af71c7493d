"""Wrong values, and ways of putting them where right ones were: all from one seeded generator."""

import copy
import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

Plain = Any
"""What JSON and TOML hold."""
NASTY_NUMBERS: tuple[Plain, ...] = (
    -1, 0, -0.0, 1e308, -1e308, 5e-324, 2**31, 2**53, 2**63, 10**20, -(2**63), 1e999,
    float("nan"), float("inf"), float("-inf"), 0.5, -3, 65536,
)  # fmt: skip
NASTY_TEXTS = (
    "", " ", "abc", "\0", "\x1b[2J\x1b]0;owned\x07", "[/red]", "[bold]b[/bold]", "$\\frac$",
    "../../../etc/passwd", "/dev/zero", "'; rm -rf ~ #", "a\nb", "\u202egnp.exe", "\ud800",
    "x" * 100_000, "9" * 5000, "<script>alert(1)</script>", "{{7*7}}", "%s%n", "NaN", "-1", "1e5",
)  # fmt: skip
NASTY_VALUES: tuple[Plain, ...] = (
    *NASTY_NUMBERS, *NASTY_TEXTS, None, True, False, [], {}, [[]], [None], {"": None},
    {"kind": "none"}, [1e308] * 3,
)  # fmt: skip
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")
TEXT_NUMBERS = (
    "-1", "0", "1e308", "-1e308", "nan", "inf", "-inf", "99999999999999999999", "1e999", "9" * 5000,
    "", "abc", "0x10", "٣", "1_0", "400k,000", "-3", "0.5", "1,5", "True", "[" * 10_000,
)  # fmt: skip


def mutated_plain(value: Plain, generator: random.Random) -> tuple[Plain, str]:
    """Return plain data with one change, and what the change is."""
    changed = copy.deepcopy(value)
    places = list(_places(changed))
    parent, key = generator.choice(places)
    change = generator.choice(("replace", "replace", "replace", "delete", "add", "wrap", "double"))
    if change == "replace":
        parent[key] = generator.choice(NASTY_VALUES)
    elif change == "delete":
        del parent[key]
    elif change == "wrap":
        parent[key] = [parent[key]]
    elif change == "double" and isinstance(parent, list):
        parent.insert(key, parent[key])
    elif isinstance(parent, dict):
        parent["unknown"] = generator.choice(NASTY_VALUES)
    else:
        parent.append(generator.choice(NASTY_VALUES))
    shown = repr(parent.get(key) if isinstance(parent, dict) else parent)[:60]
    return changed, f"{change} {key!r}: {shown}"


def as_json(value: Plain) -> bytes:
    """Return JSON, also of what no JSON may hold."""
    text = json.dumps(value, allow_nan=True)
    return text.encode("utf-8", "surrogatepass")


def mutated_numbers(text: str, generator: random.Random) -> tuple[str, str]:
    """Return a text in which one number is another, and what became of which."""
    found = list(NUMBER.finditer(text))
    if not found:
        return mutated_text(text, generator)
    chosen = generator.choice(found)
    value = generator.choice(TEXT_NUMBERS)
    return text[: chosen.start()] + value + text[chosen.end() :], f"{chosen[0]} -> {value[:30]!r}"


def mutated_text(text: str, generator: random.Random) -> tuple[str, str]:
    """Return a text that was cut, doubled, or has something nasty in it, and what was done."""
    place = generator.randrange(len(text) + 1)
    change = generator.choice(("cut", "insert", "double", "deep", "line"))
    if change == "cut":
        return text[:place], f"cut at {place}"
    if change == "double":
        return text + text, "doubled"
    if change == "deep":
        bracket = generator.choice("[{(")
        return text[:place] + bracket * 100_000 + text[place:], f"100,000 {bracket} at {place}"
    if change == "line":
        lines = text.splitlines(keepends=True)
        generator.shuffle(lines)
        return "".join(lines), "lines shuffled"
    nasty = generator.choice(NASTY_TEXTS)
    return text[:place] + nasty + text[place:], f"{nasty[:30]!r} at {place}"


def mutated_bytes(content: bytes, generator: random.Random) -> tuple[bytes, str]:
    """Return bytes that were cut, overwritten or lengthened, and what was done."""
    if not content:
        return generator.randbytes(100), "random bytes"
    place = generator.randrange(len(content))
    change = generator.choice(("cut", "flip", "overwrite", "insert", "empty", "random", "zeros"))
    done = f"{change} at {place} of {len(content)}"
    if change == "cut":
        return content[:place], done
    if change == "flip":
        flipped = bytes([content[place] ^ (1 << generator.randrange(8))])
        return content[:place] + flipped + content[place + 1 :], done
    if change == "overwrite":
        noise = generator.choice((b"\xff" * 8, b"\0" * 8, generator.randbytes(64)))
        return content[:place] + noise + content[place + len(noise) :], done
    if change == "insert":
        return content[:place] + generator.randbytes(16) + content[place:], done
    if change == "empty":
        return b"", done
    if change == "random":
        return generator.randbytes(len(content) % 5000), done
    return bytes(len(content) % 100_000), done


def mutated_file(
    content: bytes, generator: random.Random, change: Callable[[str, random.Random], Any]
) -> tuple[bytes, str]:
    """Return a text file with a changed text, as bytes."""
    text, description = change(content.decode(), generator)
    return text.encode("utf-8", "surrogatepass"), description


def _places(value: Plain) -> Iterator[tuple[Any, Any]]:
    """Yield every member of plain data, as its parent and its key there."""
    if isinstance(value, dict):
        members = list(value.items())
    elif isinstance(value, list):
        members = list(enumerate(value))
    else:
        return
    for key, member in members:
        yield value, key
        yield from _places(member)
