"""Which files of a folder are which split, as the README.md of a data set of the hub says it."""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from search_spaces import InputError
from search_spaces.errors import reason
from search_spaces.outside import DEEPEST, MEBIBYTE, check_plain, read_text

README_LIMIT = 16 * MEBIBYTE
BLOCK_LIMIT = 2**17
"""Characters of the largest list of configurations that is read."""
CONFIGS = re.compile(r"^configs:.*\n(?:(?:[ \t#-].*)?\n)*", re.MULTILINE)
DEFAULT = "default"
"""The configuration that is used where there are several."""


def declared_patterns(folder: Path) -> dict[str, list[str]] | None:
    """Return patterns of file names by split, relative to the folder; None if nothing is declared.

    Raises:
        InputError: the README.md is no plain data, its patterns lead out of the folder, or it has
            several configurations, none of which is the default.
    """
    path = folder / "README.md"
    if not path.exists():
        return None
    configurations = _configurations(path)
    if configurations is None:
        return None
    if not isinstance(configurations, list) or not all(
        isinstance(one, Mapping) for one in configurations
    ):
        raise InputError(f"{path} has `configs` that are no list of configurations: correct it")
    with_files = [one for one in configurations if one.get("data_files") is not None]
    if not with_files:
        return None
    return _patterns(_chosen(with_files, path), path)


def _configurations(path: Path) -> object:
    """Return what stands under `configs` in the header; no other part of it is parsed."""
    text = read_text(path, "file", README_LIMIT).replace("\r\n", "\n")
    _, _, rest = text.partition("---\n")
    header, ended, _ = rest.partition("\n---")
    found = CONFIGS.search(f"{header}\n")
    if not text.startswith("---\n") or not ended or found is None:
        return None
    block = found[0]
    subject = f"the header of {path}"
    if len(block) > BLOCK_LIMIT or _depth(block) > DEEPEST:
        raise InputError(f"{subject} is refused: its `configs` are too long or too deep")
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(block)):
            raise InputError(f"{subject} is refused: its YAML has aliases: write them out")
        configurations = yaml.safe_load(block)["configs"]
    except yaml.YAMLError as error:
        raise InputError(f"{subject} is no YAML: {reason(error)}") from None
    except RecursionError:
        raise InputError(f"{subject} is refused: its `configs` are too deep") from None
    check_plain(configurations, subject)
    return configurations


def _depth(block: str) -> int:
    """Return how deep brackets lie in each other: YAML takes quadratic time for that."""
    deepest = depth = 0
    for character in block:
        depth += (character in "[{") - (character in "]}")
        deepest = max(deepest, depth)
    return deepest


def _chosen(configurations: list[Mapping[str, Any]], path: Path) -> Mapping[str, Any]:
    if len(configurations) == 1:
        return configurations[0]
    for one in configurations:
        if one.get("default") is True or one.get("config_name") == DEFAULT:
            return one
    names = ", ".join(str(one.get("config_name")) for one in configurations)
    raise InputError(
        f"{path} has several configurations ({names:.200}), none of which is the default: name the "
        "folder or file of one of them"
    )


def _patterns(configuration: Mapping[str, Any], path: Path) -> dict[str, list[str]]:
    declared = configuration["data_files"]
    folder = configuration.get("data_dir") or ""
    by_split: dict[str, list[str]] = {}
    entries = declared if isinstance(declared, list) else [declared]
    for entry in entries:
        split, patterns = "train", entry
        if isinstance(entry, Mapping):
            split, patterns = entry.get("split", "train"), entry.get("path")
        for pattern in patterns if isinstance(patterns, list) else [patterns]:
            if not all(isinstance(text, str) and text for text in (split, pattern)):
                raise InputError(f"{path} has `data_files` that are no names of files: correct it")
            joined = PurePosixPath(str(folder)) / pattern
            if joined.is_absolute() or ".." in joined.parts or "::" in pattern or ":/" in pattern:
                raise InputError(
                    f"{path} names files outside of its folder ({pattern!r:.200}): correct it"
                )
            by_split.setdefault(split, []).append(str(joined))
    return by_split
