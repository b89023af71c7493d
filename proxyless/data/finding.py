"""Finding the splits of a data set by a path on disk or a name on the Hugging Face hub."""

import os
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from search_spaces import InputError
from search_spaces.errors import reason
from search_spaces.nearest import did_you_mean_path

from .digits import DIGITS
from .found import Found
from .hub import FILE_SUFFIX, PREFIX, hub_folders, hub_name, load_hub_splits
from .image_folder import (
    METADATA,
    check_listing,
    log_ignored_archives,
    read_image_folder,
    refuse_archives,
)
from .listing import Listing, list_files
from .metadata import check_metadata
from .notices import log_if_slow
from .parquet import read_parquet
from .readme import declared_patterns
from .rows import load_dataset
from .stored_images import shown

PARQUET = ".parquet"
KINDS = (
    "`digits`, a Parquet file or folder, a folder with one folder of images a class, or OWNER/NAME "
    "of a data set on the Hugging Face hub"
)

OURS = (__name__.partition(".")[0], InputError.__module__.partition(".")[0])
"""Our packages."""


def find_data(source: str) -> Found:
    """Return a data set that is not built in, by name.

    Raises:
        InputError: nothing has this name, or it cannot be read as a data set.
    """
    with _told(source):
        path = Path(source).expanduser()
        if source and path.is_dir():
            return _load_folder(path, source)
        if source and os.path.lexists(path):
            return _load_file(path, source)
        name, near = hub_name(source), _near(path)
        if name is None or (near and not source.startswith(PREFIX)):
            raise InputError(_not_found(source, path, near))
        return Found.of(load_hub_splits(name), source, hub_folders())


@contextmanager
def _told(source: str) -> Iterator[None]:
    """Turn whatever `datasets` and its readers say of somebody else's data into a sentence.

    What goes wrong in a line of ours is a fault of ours, and stays what it is.
    """
    try:
        yield
    except (InputError, MemoryError):
        raise
    except Exception as error:
        if _is_ours(error):
            raise
        cause: BaseException = error
        while cause.__cause__ is not None and "generating" in str(cause):
            cause = cause.__cause__  # `datasets` says first that something went wrong
        raise InputError(
            f"data set {shown(source)} cannot be opened: {shown(reason(cause))} (give {KINDS})"
        ) from None


def _is_ours(error: Exception) -> bool:
    """Whether a line of this project raised it, and not what reads the data for it."""
    import datasets
    import pyarrow as pa

    said_of_data = (OSError, pa.ArrowException, datasets.exceptions.DatasetsError)
    if isinstance(error, said_of_data):
        return False
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_globals.get("__name__", "").partition(".")[0] in OURS


def _load_file(path: Path, source: str) -> Found:
    import datasets

    if path.suffix != PARQUET:
        raise InputError(
            f"data file {path} is of no kind that is read (give {KINDS}; unpack an archive first)"
        )
    datasets.disable_progress_bars()
    with log_if_slow(f"opening {path}"):
        return _parquet({"train": [path.absolute()]}, source, path.absolute().parent)


def _load_folder(path: Path, source: str) -> Found:
    import datasets

    datasets.disable_progress_bars()
    with log_if_slow(f"opening {path}: finding out what lies where"):
        listing = list_files(path)
        files = [*listing.files, *listing.special]
        if any(file.suffix == PARQUET and file.name not in METADATA for file in files):
            _check_circular(path, listing)
            return _parquet(_parquet_files(path.absolute()), source, path.absolute())
        check_listing(path, listing)
        splits = read_image_folder(path, listing)
        if splits is not None:
            log_ignored_archives(path, listing)
        else:
            _check_circular(path, listing)
            refuse_archives(path, listing)
            for file in listing.files:
                if file.name in METADATA:
                    check_metadata(path / file)
            splits = load_dataset("imagefolder", data_dir=str(path))
        return Found.of(splits, source, (path.absolute(),))


def _parquet(files: Mapping[str, Sequence[Path]], source: str, folder: Path) -> Found:
    data = read_parquet(files, source)
    return Found(data.splits, data.image_column, data.label_column, data.class_names, (folder,))


def _parquet_files(folder: Path) -> dict[str, list[Path]]:
    """Return the Parquet files of a folder by split, as `datasets` tells them apart."""
    from datasets.data_files import DataFilesDict, get_data_patterns

    patterns = declared_patterns(folder) or get_data_patterns(str(folder))
    found = DataFilesDict.from_patterns(
        patterns, base_path=str(folder), allowed_extensions=[PARQUET]
    )
    files = {str(split): [Path(file) for file in part] for split, part in found.items() if part}
    if not files:
        raise InputError(
            f"none of the Parquet files in {folder} is of a split that is known: name one of them"
        )
    return files


def _check_circular(path: Path, listing: Listing) -> None:
    if listing.circular is not None:
        raise InputError(
            f"{path / listing.circular} is a link to a folder that it lies in: remove it"
        )


def _not_found(source: str, path: Path, near: str) -> str:
    if FILE_SUFFIX.search(source):
        return f"data file {source} does not exist{near}: give {KINDS}"
    if source.count("/") > 1 or source.startswith((".", "~", "/")):
        return f"data folder {source} does not exist{near}: give {KINDS}"
    return f"there is no data {source} here{near}: give {KINDS}; {PREFIX}{source} asks the hub"


def _near(path: Path) -> str:
    def readable(path: Path) -> bool:
        return path.is_dir() or path.suffix == PARQUET

    return did_you_mean_path(path, readable, known=(DIGITS,))
