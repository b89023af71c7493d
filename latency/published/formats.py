"""The published formats, and reading a file with detection of its format."""

from pathlib import Path

from search_spaces import InputError
from search_spaces.nearest import did_you_mean_path

from .base import Format, PublishedEntry
from .block_csv import BlockCSV
from .once_for_all import OnceForAll
from .proxylessnas import ProxylessNAS

FORMATS: dict[str, Format] = {
    published.name: published for published in (ProxylessNAS(), OnceForAll(), BlockCSV())
}


def read_published(file: Path, file_format: str = "auto") -> tuple[Format, list[PublishedEntry]]:
    """Read a published table; "auto" detects the format.

    Raises:
        InputError: the file is missing, unreadable, empty, of no known format, or has errors.
    """
    if file_format not in ("auto", *FORMATS):
        raise InputError(f"there is no format {file_format!r}: choose auto, {', '.join(FORMATS)}")
    text = _read(file)
    if not text.strip():
        raise InputError(f"{file} is empty: there is nothing to import")
    if file_format != "auto":
        chosen = FORMATS[file_format]
    else:
        fitting = [known for known in FORMATS.values() if known.recognises(text)]
        if not fitting:
            raise InputError(
                f"{file} looks like none of the formats {', '.join(FORMATS)}: "
                "if it is one of them, name it with `file_format`"
            )
        chosen = fitting[0]
    return chosen, chosen.read(text, str(file))


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        near = did_you_mean_path(file, Path.is_file)
        raise InputError(f"{file} does not exist{near}: name a published latency table") from None
    except IsADirectoryError:
        raise InputError(f"{file} is a folder: name a published latency table in it") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read as text: {error}") from None
