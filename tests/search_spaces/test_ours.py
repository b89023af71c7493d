from pathlib import Path

import pytest

from search_spaces import InputError
from search_spaces.ours import check_replaceable, holds

MARK = holds(b"made by us", b"made by us before")


@pytest.mark.parametrize("content", [b"", b"precious", b"\xff\xfe\0"])
def test_what_is_not_ours_stays(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"exists and is not of proxyless: .*`force`"):
        check_replaceable(path, MARK)
    check_replaceable(path, MARK, force=True)


def test_what_is_ours_or_not_there_may_be_written(tmp_path: Path) -> None:
    check_replaceable(tmp_path / "new", MARK)
    check_replaceable(tmp_path / "new" / "below", MARK)
    (tmp_path / "old").write_bytes(b"head, made by us, tail")
    check_replaceable(tmp_path / "old", MARK)


def test_a_link_is_judged_by_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_bytes(b"precious")
    (tmp_path / "link").symlink_to(tmp_path / "theirs")
    with pytest.raises(InputError, match="is not of proxyless"):
        check_replaceable(tmp_path / "link", MARK)
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    check_replaceable(tmp_path / "broken", MARK)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        check_replaceable(tmp_path, MARK, force=True)
