from pathlib import Path

import pytest

from search_spaces import InputError
from search_spaces.errors import reason
from search_spaces.files import PARTIAL, atomic_file, atomic_folder, sha256, write_atomically


def test_a_file_is_there_whole_after_the_block(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file.bin"
    with atomic_file(path) as file:
        file.write(b"one")
        file.flush()
        assert not path.exists()
        assert path.with_name(f"file.bin{PARTIAL}").read_bytes() == b"one"
        file.write(b" two")
    assert path.read_bytes() == b"one two"
    assert [entry.name for entry in path.parent.iterdir()] == ["file.bin"]


def test_a_file_stays_as_it_was_where_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    write_atomically(path, b"before")

    def fail() -> None:
        with atomic_file(path) as file:
            file.write(b"after")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert path.read_bytes() == b"before"


def test_a_folder_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "zoo" / "model"
    (path.parent / f".model{PARTIAL}").mkdir(parents=True)
    (path.parent / f".model{PARTIAL}" / "of a killed process").touch()

    def fill(fails: bool) -> None:
        with atomic_folder(path) as unfinished:
            (unfinished / "file").touch()
            assert not path.exists()
            if fails:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fill(fails=True)
    assert not list(path.parent.iterdir())
    fill(fails=False)
    assert [file.name for file in path.iterdir()] == ["file"]
    assert list(path.parent.iterdir()) == [path]


def test_a_file_in_the_way_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="file is a file"):
        write_atomically(tmp_path / "file" / "below", b"")


def test_sha256_is_the_published_one() -> None:
    """The digest of FIPS 180-2, appendix B.1."""
    assert sha256(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("one\ntwo"), "one"),
        (ValueError("\n one\ntwo"), "one"),
        (ValueError(), "ValueError"),
        (OSError(" \n"), "OSError"),
    ],
)
def test_the_reason_of_an_error_is_one_line(error: Exception, said: str) -> None:
    assert reason(error) == said
