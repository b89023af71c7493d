import os
from pathlib import Path

import pytest

from search_spaces import InputError
from search_spaces.errors import reason
from search_spaces.files import (
    PARTIAL,
    append,
    atomic_file,
    atomic_folder,
    sha256,
    truncate,
    write_atomically,
)


def test_a_file_is_there_whole_after_the_block(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file.bin"
    with atomic_file(path) as file:
        file.write(b"one")
        file.flush()
        assert not path.exists()
        (partial,) = path.parent.iterdir()
        assert partial.name.endswith(PARTIAL)
        assert partial.read_bytes() == b"one"
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
    abandoned = path.parent / f".model.1234{PARTIAL}"
    abandoned.mkdir(parents=True)
    (abandoned / "of a killed process").touch()
    os.utime(abandoned, (0, 0))

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


def test_only_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    abandoned, of_another, in_use = (
        tmp_path / f".{name}{PARTIAL}" for name in ("file.1234", "file2.1234", "file.5678")
    )
    for partial in (abandoned, of_another, in_use):
        partial.touch()
    for partial in (abandoned, of_another):
        os.utime(partial, (0, 0))
    write_atomically(tmp_path / "file", b"")
    assert set(tmp_path.iterdir()) == {tmp_path / "file", of_another, in_use}


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    link = tmp_path / "run" / "log.jsonl"
    link.parent.mkdir()
    link.symlink_to(victim)
    with pytest.raises(InputError, match=r"log\.jsonl is a symbolic link"):
        append(link, b"line")
    with pytest.raises(InputError, match=r"log\.jsonl is a symbolic link"):
        truncate(link, 0)
    write_atomically(link, b"whole")
    assert link.read_bytes() == b"whole"
    assert victim.read_bytes() == b"precious"


def test_a_full_disk_is_said() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    with pytest.raises(InputError, match=r"/dev/full cannot be written: the disk is full"):
        append(Path("/dev/full"), b"line")


def test_lines_are_appended_and_cut(tmp_path: Path) -> None:
    path = tmp_path / "log"
    append(path, b"one")
    append(path, b" two")
    assert path.read_bytes() == b"one two"
    truncate(path, 3)
    assert path.read_bytes() == b"one"


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


def test_a_pipe_is_neither_replaced_nor_waited_for(tmp_path: Path) -> None:
    """As root, a device of the machine would be replaced by a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "link"
    link.symlink_to(pipe)
    for path in (pipe, link):
        with pytest.raises(InputError, match="is a device or a pipe: name a file"):
            write_atomically(path, b"content")
        with pytest.raises(InputError, match=r"cannot be written|is a symbolic link"):
            append(path, b"content")
    assert pipe.is_fifo()
    assert link.is_symlink()
    with pytest.raises(InputError, match="is a folder: name a file"):
        write_atomically(tmp_path, b"content")
