"""What a name of data stands for, and what is said where there is nothing of that name."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from unittest import mock

import datasets
import pytest
from support import run_cli, write_images

from proxyless import open_data
from proxyless.data import hub, notices
from proxyless.data.hub import hub_name, load_hub_splits, unreachable_reason
from search_spaces import InputError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with data in it, and a network that nobody may ask."""
    write_images(tmp_path / "photos" / "small", (4, 4))
    (tmp_path / "photos.zip").touch()
    (tmp_path / "colours.parquet").touch()
    (tmp_path / "notes").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(socket, "getaddrinfo", mock.Mock(side_effect=AssertionError("asked")))
    return tmp_path


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("fotos", "there is no data fotos here (did you mean photos/?)"),
        ("digit", "there is no data digit here (did you mean digits?)"),
        ("cifar10", "there is no data cifar10 here: give `digits`"),
        ("cifar10", "hub:cifar10 asks the hub"),
        ("fotos/small", "there is no data fotos/small here (did you mean photos/small/?)"),
        ("photos/smal", "there is no data photos/smal here (did you mean photos/small/?)"),
        ("photos/none", "there is no data photos/none here: give"),
        ("./photo", "data folder ./photo does not exist (did you mean photos/?)"),
        ("photos/small/none/", "data folder photos/small/none/ does not exist"),
        ("colors.parquet", "colors.parquet does not exist (did you mean colours.parquet?)"),
        ("owner/data.zip", "data file owner/data.zip does not exist"),
        ("photos.zip", "data file photos.zip is of no kind that is read"),
        ("photos.zip", "unpack an archive first"),
        ("notes", "data file notes is of no kind that is read"),
    ],
)
def test_what_is_not_there_is_said_without_asking_anybody(source: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        open_data(source)
    assert words in str(caught.value)


@pytest.mark.parametrize("verb", [("profile", "--table", "t.db"), ("search", "--max-params", "1M")])
@pytest.mark.usefixtures("here")
def test_every_verb_says_it_in_one_line(verb: tuple[str, ...]) -> None:
    outcome = run_cli(*verb, "--data", "fotos")
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("error: there is no data fotos here (did you mean photos/?)")
    assert len(outcome.stderr.splitlines()) == 1


@pytest.mark.usefixtures("here")
def test_only_names_with_an_owner_are_the_hubs() -> None:
    assert hub_name("uoft-cs/cifar10") == "uoft-cs/cifar10"
    assert hub_name("somebody/data-v1.0") == "somebody/data-v1.0"
    assert hub_name("hub:cifar10") == "cifar10"
    assert hub_name("hub:photos/small") == "photos/small"
    for other in ("cifar10", "photos/small", "a/b/c", "a/b.tar", "/a/b", "../a", "a/", ""):
        assert hub_name(other) is None


def test_home_is_understood(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(here))
    assert len(open_data("~/photos/small").class_names) == 2


class Refusing(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_error(404)

    def log_message(self, *words: Any) -> None:
        """Say nothing."""


@contextmanager
def server() -> Iterator[str]:
    """Something at a port of this machine that answers, if only with an error."""
    with HTTPServer(("127.0.0.1", 0), Refusing) as found:
        thread = Thread(target=found.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()
        thread.join()


def test_an_answer_of_any_kind_is_one() -> None:
    with server() as address:
        assert unreachable_reason(address) == ""


def test_a_closed_port_is_told_from_one_that_keeps_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as open_port:
        address = f"http://127.0.0.1:{open_port.getsockname()[1]}"
        reason = unreachable_reason(address)
        assert "did not answer within 0.2 s" in reason or "timed out" in reason
    assert "cannot be reached" in unreachable_reason(address)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """What `datasets` is asked for, and whether offline; it has nothing in its cache."""
    calls = []

    def load(name: str) -> Any:
        offline = bool(datasets.config.HF_HUB_OFFLINE)
        calls.append((name, offline))
        if offline:
            raise ConnectionError("not cached")
        return {"train": "rows"}

    monkeypatch.setattr(datasets, "load_dataset", load)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    return calls


def test_a_hub_that_answers_is_asked(
    asked: list[tuple[str, bool]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(hub, "unreachable_reason", lambda endpoint: "")
    with caplog.at_level(logging.INFO, "proxyless.data"):
        splits: object = load_hub_splits("owner/name")
    assert splits == {"train": "rows"}
    assert asked == [("owner/name", False)]
    assert "asking the Hugging Face hub for owner/name: waiting at most 10 s" in caplog.text
    datasets.disable_progress_bars()


def test_a_silent_hub_leaves_the_cache_and_then_a_sentence(
    asked: list[tuple[str, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "unreachable_reason", lambda endpoint: "it is asleep")
    with pytest.raises(InputError, match=r"owner/name of the .* not in the cache here, and it is"):
        load_hub_splits("owner/name")
    assert asked == [("owner/name", True)]
    assert not datasets.config.HF_HUB_OFFLINE


def test_nobody_is_asked_offline(
    asked: list[tuple[str, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(hub, "unreachable_reason", mock.Mock(side_effect=AssertionError))
    with pytest.raises(InputError, match="HF_HUB_OFFLINE or HF_DATASETS_OFFLINE is set"):
        load_hub_splits("owner/name")
    assert asked == [("owner/name", True)]


def test_images_are_counted_where_opening_takes_long(
    images: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    source = open_data(str(images))
    with caplog.at_level(logging.INFO, "proxyless.data"):
        source.load(8)
        assert caplog.text == "", "it was quick"
        monkeypatch.setattr(notices, "FIRST_SECONDS", 0)
        source.load(8)
    assert f"opening {images}: 58 of 72 images" in caplog.text


def test_people_see_the_count_and_python_does_not(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(notices, "FIRST_SECONDS", 0)
    arguments = ("train", here / "own", "--data", "photos/small", "--epochs", 1)
    (here / "own" / "search").mkdir(parents=True)
    open_data("photos/small").load(8)
    assert capsys.readouterr().err == ""
    with mock.patch("proxyless.cli.train._searched", side_effect=_open_small):
        assert "opening photos/small: 6 of 8 images\n" in run_cli(*arguments).stderr


def _open_small(*_: object) -> None:
    open_data("photos/small").load(8)
    raise InputError("seen enough")


def test_what_takes_long_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(notices, "FIRST_SECONDS", 0.01)
    with caplog.at_level(logging.INFO, "proxyless.data"):
        with notices.log_if_slow("opening photos"):
            while "opening photos" not in caplog.text:
                pass
        monkeypatch.setattr(notices, "FIRST_SECONDS", 60)
        with notices.log_if_slow("opening others"):
            pass
    assert caplog.messages == ["opening photos"]
