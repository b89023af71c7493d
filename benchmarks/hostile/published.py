"""Tables and lists of other projects."""

import json
import math
import random
import shutil
from pathlib import Path

from benchmarks.hostile.mutation import (
    as_json,
    mutated_bytes,
    mutated_file,
    mutated_numbers,
    mutated_plain,
    mutated_text,
)
from benchmarks.hostile.trial import WronglyAcceptedError, proxyless
from latency import Table

BLOCKS = """block_name,latency(ms)
Conv-input:8x8x1-output:8x8x16,0.11
expanded_conv-input:8x8x16-output:8x8x16-expand:3-kernel:3-stride:1-idskip:1,0.21
FCLayer-input:24-output:10,0.01
"""
LOOKUP = {
    "Conv-input:8x8x1-output:8x8x16": {"mean": 0.11, "count": 10, "var": 1e-5},
    "Logits-input:1x1x24-output:10": {"mean": 0.02, "count": 10, "var": 1e-6},
}
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


def honest_table(folder: Path, kept: Path) -> None:
    """Make a good published table."""
    shutil.copy(kept / "published.yaml", folder / "published.yaml")


def honest_list(folder: Path, kept: Path) -> None:
    """Make a good list of networks."""
    shutil.copytree(kept / "drawn", folder / "drawn")
    shutil.copy(kept / "space.toml", folder / "space.toml")


def other_table(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make a published table with a wrong number, text or byte, in one of its formats."""
    text, suffix = generator.choice(
        (
            ((kept / "published.yaml").read_text(), "yaml"),
            (BLOCKS, "csv"),
            (None, "json"),
            (BOMB, "yaml"),
        )
    )
    if text is None:
        data, description = mutated_plain(LOOKUP, generator)
        content = as_json(data)
    elif text is BOMB:
        content, description = BOMB.encode(), "aliases of aliases"
    elif generator.random() < 0.2:
        content, description = mutated_bytes(text.encode(), generator)
    else:
        change = generator.choice((mutated_numbers, mutated_numbers, mutated_text))
        content, description = mutated_file(text.encode(), generator, change)
    (folder / f"published.{suffix}").write_bytes(content)
    return f"{suffix}: {description}"


def use_table() -> None:
    """Import it; the entries are finite and above 0."""
    (path,) = Path().glob("published.*")
    proxyless("tables", "import", str(path), "--table", "t.db", "--device", "d")
    with Table.open(Path("t.db")) as table:
        for info in table.profiles():
            for key, entry in table.entries(info.id).items():
                if not 0 < entry.milliseconds < math.inf:
                    raise WronglyAcceptedError(f"{key} takes {entry.milliseconds} ms")


def other_list(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make a list of measured networks with a wrong line, or with a wrong network beside it."""
    honest_list(folder, kept)
    if generator.random() < 0.3:
        path = generator.choice(sorted((folder / "drawn").glob("network-00*")))
        content, description = mutated_bytes(path.read_bytes(), generator)
        if path.suffix == ".json" and generator.random() < 0.5:
            data, description = mutated_plain(json.loads(path.read_bytes()), generator)
            content = as_json(data)
        path.write_bytes(content)
        return f"{path.name}: {description}"
    path = folder / "drawn/networks.csv"
    change = generator.choice((mutated_numbers, mutated_numbers, mutated_text))
    content, description = mutated_file(path.read_bytes(), generator, change)
    path.write_bytes(content)
    return description


def fit() -> None:
    """Fit a table to it; the entries are finite and not below 0."""
    proxyless("tables", "fit", "drawn/networks.csv", "--space", "space.toml", "--table", "t.db",
              "--device", "d")  # fmt: skip
    with Table.open(Path("t.db")) as table:
        for info in table.profiles():
            for key, entry in table.entries(info.id).items():
                if not 0 <= entry.milliseconds < math.inf:
                    raise WronglyAcceptedError(f"{key} takes {entry.milliseconds} ms")
