"""The README's pictures come from a run by one command, or a sentence says why not."""

import random
from pathlib import Path
from xml.etree import ElementTree

import pytest
from browser import find_chromium
from made_up_run import write_run
from PIL import Image

from benchmarks import pictures
from search_spaces import InputError, load_space

KILOBYTES = 200


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "digits"
    write_run(folder, load_space("tiny"), random.Random(0))
    return folder


def test_report_and_network_are_drawn_small(run: Path, tmp_path: Path) -> None:
    find_chromium()
    report, network = pictures.make_pictures(run, tmp_path / "made")
    assert [path.name for path in (report, network)] == ["report.png", "network.svg"]
    with Image.open(report) as image:
        assert image.width == pictures.WIDTH
        assert 800 < image.height < 2500
        colours = image.convert("RGB").getcolors(1 << 20) or []
    assert max(colours)[1] == (255, 255, 255), "light, whatever the browser would rather have"
    assert len(colours) > 20
    root = ElementTree.parse(network).getroot()
    assert "13 operations" in str(root.findtext("{http://www.w3.org/2000/svg}desc"))
    assert all(path.stat().st_size < 1000 * KILOBYTES for path in (report, network))
    assert not (run / "report.html").exists(), "the run is left as it was"


def test_without_a_browser_one_sentence_says_so(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"needs a browser, and none of chromium,"):
        pictures.make_pictures(run, tmp_path / "made")
    monkeypatch.setattr("sys.argv", ["pictures", str(run), "--out", str(tmp_path / "made")])
    assert pictures.main() == 2
    said = capsys.readouterr().err
    assert said.startswith("error: the report's picture needs a browser")
    assert said.count("\n") == 1
    assert not (tmp_path / "made").exists()


def test_committed_pictures_are_small_and_there() -> None:
    folder = Path(__file__).parents[2] / "docs" / "pictures"
    for name in ("report.png", "network.svg"):
        assert 1000 < (folder / name).stat().st_size < 1000 * KILOBYTES
