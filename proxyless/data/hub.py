"""Data sets of the Hugging Face hub: their names, and loading them from the hub or its cache.

The hub is contacted only for ``hub:NAME`` and ``owner/name``, so that a misspelled file name does
not wait for a network.
"""

import contextlib
import logging
import os
import re
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from search_spaces import InputError

from .notices import logger
from .rows import Splits, load_dataset
from .stored_images import shown

PREFIX = "hub:"
ANSWER_SECONDS = 10
"""Time limit for the first answer of the hub."""
REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
HUB_NAME = re.compile(r"([A-Za-z0-9][\w.-]{0,95}/)?[A-Za-z0-9_][\w.-]{0,95}")
FILE_SUFFIX = re.compile(
    r"\.(parquet|csv|tsv|jsonl?|arrow|zip|tar|t?gz|tfrecord|npz?|npy|h5|pt|pkl|db|txt|ya?ml|toml|"
    r"png|jpe?g|webp|gif|bmp|tiff?)$",
    re.IGNORECASE,
)


def hub_name(source: str) -> str | None:
    """Return the name of a data set on the hub, or None if ``source`` is none.

    ``owner/name`` is a path if a folder ``owner`` exists, or if it has the suffix of a file.
    """
    if source.startswith(PREFIX):
        return source.removeprefix(PREFIX)
    owner = source.split("/")[0]
    named = REPOSITORY.fullmatch(source) and not FILE_SUFFIX.search(source)
    return source if named and not Path(owner).exists() else None


def hub_folders() -> tuple[Path, ...]:
    """Return the folders into which files of the hub are downloaded."""
    from datasets import config

    cache = os.environ.get("HF_HUB_CACHE") or Path(config.HF_CACHE_HOME, "hub")
    return Path(cache), Path(config.DOWNLOADED_DATASETS_PATH)


def load_hub_splits(name: str) -> Splits:
    """Load the splits of a data set of the hub, from the local cache if the hub does not answer.

    ``HF_HUB_OFFLINE`` and ``HF_DATASETS_OFFLINE`` are respected.

    Raises:
        InputError: the hub does not answer, and the data set is not in the cache; or the name is
            not one of the hub, or of a file here, which would be read in its place.
    """
    import datasets

    if not HUB_NAME.fullmatch(name) or ".." in name:
        raise InputError(
            f"{shown(name)!r} is no name of a data set on the hub: give {PREFIX}OWNER/NAME"
        )
    if Path(name).exists():
        raise InputError(
            f"{name} is asked of the hub, but lies here too: give {name} without {PREFIX} to read "
            "it, or run in another folder"
        )

    if datasets.config.HF_HUB_OFFLINE:
        problem = "HF_HUB_OFFLINE or HF_DATASETS_OFFLINE is set"
        logger.info("looking for %s in the cache: %s", name, problem)
    else:
        logger.info(
            "asking the Hugging Face hub for %s: waiting at most %d s for an answer",
            name,
            ANSWER_SECONDS,
        )
        problem = unreachable_reason(datasets.config.HF_ENDPOINT)
        if not problem:
            logger.info("the hub answers: %s is downloaded now, if the cache lacks it", name)
            if logger.isEnabledFor(logging.INFO):  # the notices are shown, so show progress too
                datasets.enable_progress_bars()
            return load_dataset(name)
    try:
        with _offline():
            return load_dataset(name)
    except ConnectionError:
        raise InputError(
            f"data set {name} of the Hugging Face hub is not in the cache here, and {problem}: "
            "give the path of a copy, or try again with a connection"
        ) from None


def unreachable_reason(endpoint: str) -> str:
    """Return why the hub cannot be reached; "" if it answers within ``ANSWER_SECONDS``."""
    reasons: list[str] = []

    def ask() -> None:
        reasons.append(_connection_problem(endpoint))

    asking = threading.Thread(target=ask, daemon=True)  # a name lookup has no time limit of its own
    asking.start()
    asking.join(ANSWER_SECONDS)
    return reasons[0] if reasons else f"{endpoint} did not answer within {ANSWER_SECONDS} s"


def _connection_problem(endpoint: str) -> str:
    request = urllib.request.Request(endpoint, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS):
            return ""
    except urllib.error.HTTPError:
        return ""  # the server answered
    except OSError as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLError):
            return ""  # a server answered, and `datasets` may trust other certificates
        return f"{endpoint} cannot be reached ({reason})"


@contextlib.contextmanager
def _offline() -> Iterator[None]:
    """Keep ``datasets`` from retrying a connection that has just failed."""
    from datasets import config

    before = config.HF_HUB_OFFLINE
    config.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        config.HF_HUB_OFFLINE = before
