"""Finding the splits of a data set by a path on disk or a name on the Hugging Face hub."""

from pathlib import Path

from search_spaces import InputError
from search_spaces.errors import reason
from search_spaces.nearest import did_you_mean_path

from .digits import DIGITS
from .hub import FILE_SUFFIX, PREFIX, hub_name, load_hub_splits
from .image_folder import read_image_folder
from .notices import log_if_slow
from .rows import Splits, load_dataset

KINDS = (
    "`digits`, a Parquet file or folder, a folder with one folder of images a class, or OWNER/NAME "
    "of a data set on the Hugging Face hub"
)


def load_splits(source: str) -> Splits:
    """Return the splits of a data set that is not built in, by name.

    Raises:
        InputError: nothing has this name, or it cannot be read as a data set.
    """
    path = Path(source).expanduser()
    try:
        if path.is_dir():
            return _load_folder(path)
        if path.exists():
            return _load_file(path)
        name, near = hub_name(source), _near(path)
        if name is None or (near and not source.startswith(PREFIX)):
            raise InputError(_not_found(source, path, near))
        return load_hub_splits(name)
    except InputError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(
            f"data set {source} cannot be opened: {reason(error)} (give {KINDS})"
        ) from None


def _load_file(path: Path) -> Splits:
    import datasets

    if path.suffix != ".parquet":
        raise InputError(
            f"data file {path} is of no kind that is read (give {KINDS}; unpack an archive first)"
        )
    datasets.disable_progress_bars()
    with log_if_slow(f"opening {path}"):
        return load_dataset("parquet", data_files={"train": str(path)})


def _load_folder(path: Path) -> Splits:
    import datasets

    datasets.disable_progress_bars()
    with log_if_slow(f"opening {path}: finding out what lies where"):
        if any(path.rglob("*.parquet")):
            return load_dataset(str(path.absolute()))
        splits = read_image_folder(path)
        if splits is not None:
            return splits
        return load_dataset("imagefolder", data_dir=str(path))


def _not_found(source: str, path: Path, near: str) -> str:
    if FILE_SUFFIX.search(source):
        return f"data file {source} does not exist{near}: give {KINDS}"
    if source.count("/") > 1 or source.startswith((".", "~", "/")):
        return f"data folder {source} does not exist{near}: give {KINDS}"
    return f"there is no data {source} here{near}: give {KINDS}; {PREFIX}{source} asks the hub"


def _near(path: Path) -> str:
    def readable(path: Path) -> bool:
        return path.is_dir() or path.suffix == ".parquet"

    return did_you_mean_path(path, readable, known=(DIGITS,))
