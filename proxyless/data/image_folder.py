"""Folders of images in the usual layout, listed once: [split/]class/image.

``datasets`` reads every layout, but lists a folder some sixty times to find out which one it is,
and copies the list to disk: a quarter of a minute for 20,000 images. What is read here comes out
as it would there, in the same order.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

SPLITS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test", "testing", "eval", "evaluation"),
}
"""Splits, and the words in names of folders and files that ``datasets`` takes for them."""
WORDS = {word: split for split, words in SPLITS.items() for word in words}
SPLIT_WORD = re.compile(rf"(?:^|[-._ 0-9])(?:{'|'.join(WORDS)})(?:$|[-._ 0-9])")
METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")


def read_usual_folder(folder: Path) -> dict[str, Any] | None:
    """Return the splits of a folder as data sets, or None where its layout is not the usual one.

    All images lie equally deep, in at least two folders of classes a split. Either no name
    contains a word for a split, or the outermost folders are such words and nothing else is.
    """
    from datasets.packaged_modules.imagefolder.imagefolder import ImageFolder

    folder = folder.absolute()
    images: list[PurePath] = []
    for file in _files(folder):
        suffixes = [suffix.lower() for suffix in file.suffixes]
        if suffixes and suffixes[-1] in ImageFolder.EXTENSIONS:
            images.append(file)
        elif file.name in METADATA or {*suffixes[-2:]} & {".zip", *ImageFolder.EXTENSIONS}:
            return None
    splits = _splits(sorted(images, key=str))
    if splits is None or len({len(file.parts) for file in images}) != 1:
        return None
    if any(len({file.parent.name for file in some}) < 2 for some in splits.values()):
        return None
    names = sorted({file.parent.name for file in images})
    return {split: _rows(folder, some, names) for split, some in splits.items()}


def _files(folder: Path) -> Iterator[PurePath]:
    """Yield the files of a folder, relative to it, but for hidden and special ones."""
    seen = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        here = os.path.realpath(place)
        if here in seen:
            folders.clear()  # a link back to where we were
            continue
        seen.add(here)
        folders[:] = [name for name in folders if not name.startswith((".", "__"))]
        inside = PurePath(place).relative_to(folder)
        yield from (inside / name for name in files if not name.startswith("."))


def _splits(images: list[PurePath]) -> dict[str, list[PurePath]] | None:
    if not any(SPLIT_WORD.search(part) for file in images for part in file.parts):
        return {"train": images} if images else None
    found: dict[str, list[PurePath]] = {}
    for file in images:
        outermost, *rest = file.parts
        if outermost not in WORDS or any(SPLIT_WORD.search(part) for part in rest):
            return None
        found.setdefault(outermost, []).append(file)
    ordered = sorted(found, key=lambda word: list(SPLITS).index(WORDS[word]))
    splits = {WORDS[word]: found[word] for word in ordered}
    return splits if len(splits) == len(found) else None


def _rows(folder: Path, images: list[PurePath], names: list[str]) -> Any:
    import datasets

    features = datasets.Features(image=datasets.Image(), label=datasets.ClassLabel(names=names))
    numbers = {name: number for number, name in enumerate(names)}
    columns = {
        "image": [str(folder / file) for file in images],
        "label": [numbers[file.parent.name] for file in images],
    }
    return datasets.Dataset.from_dict(columns, features=features)
