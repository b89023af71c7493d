from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from search_spaces import InputError, load_space
from search_spaces.files import make_folder, write_atomically
from search_spaces.nearest import did_you_mean, did_you_mean_path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cifr", " (did you mean cifar?)"),
        ("CIFAR", " (did you mean cifar?)"),
        ("tin", " (did you mean tiny?)"),
        ("elephants", ""),
    ],
)
def test_names_are_offered_by_their_spelling(name: str, words: str) -> None:
    assert did_you_mean(name, ("cifar", "imagenet", "tiny")) == words


def test_several_names_are_offered_at_most_three() -> None:
    words = did_you_mean("net", ("net1", "net2", "net3", "net4"))
    assert words.count("net") == 3
    assert " or " in words


@given(st.text("abc/. ", max_size=12), st.lists(st.text("abc", min_size=1), max_size=5))
def test_any_name_is_answered(name: str, known: list[str]) -> None:
    """Whatever is offered is known."""
    words = did_you_mean(name, known)
    assert words == "" or any(one in words for one in known)
    assert isinstance(did_you_mean_path(Path(name)), str)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("photos/cat", "photos/dog", "runs/digits", "other"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("mine.toml", "runs/digits/model.onnx", "photos.txt", ".hidden"):
        (tmp_path / file).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("fotos", " (did you mean photos/?)"),
        ("fotos/cat", " (did you mean photos/cat/?)"),
        ("photos/cats", " (did you mean photos/cat/?)"),
        ("fotos/elephant", ""),
        ("digits", " (did you mean runs/digits/?)"),
        ("hiden", ""),
        ("runs", " (did you mean runs/digits/?)"),
    ],
)
def test_paths_are_offered_that_exist_and_fit(path: str, words: str) -> None:
    assert did_you_mean_path(Path(path), Path.is_dir, folder="runs") == words


@pytest.mark.usefixtures("here")
def test_known_names_are_offered_for_bare_names_only() -> None:
    assert "digits" in did_you_mean_path(Path("digit"), known=("digits",))
    assert did_you_mean_path(Path("x/digit"), known=("digits",)) == ""


def test_whole_paths_are_offered(here: Path) -> None:
    missing = here / "runs" / "digit" / "model.onnx"
    assert f"{here / 'runs/digits/model.onnx'}?" in did_you_mean_path(missing, Path.is_file)


@pytest.mark.usefixtures("here")
def test_spaces_of_the_package_and_of_the_folder_are_offered() -> None:
    with pytest.raises(InputError, match=r"no space cifr \(did you mean cifar\?\): name a TOML"):
        load_space("cifr")
    with pytest.raises(InputError, match=r"no space mime.toml \(did you mean mine.toml\?\)"):
        load_space("mime.toml")


def test_a_file_in_the_way_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    for path in (tmp_path / "taken", tmp_path / "taken" / "deep" / "folder"):
        with pytest.raises(InputError, match=rf"{path} cannot be made: {tmp_path}/taken is a file"):
            make_folder(path)
    with pytest.raises(InputError, match="taken is a file"):
        write_atomically(tmp_path / "taken" / "file", b"")
