"""The report as a browser shows it: its script runs, nothing overflows, the console is silent."""

import random
from pathlib import Path

import pytest
from browser import find_chromium, look
from made_up_run import EPOCHS, WARMUP, write_run

from proxyless.reporting import report
from search_spaces import Space, load_space

PHONE = 390
MEASURE = """
document.querySelectorAll("details").forEach((one) => { one.open = true; });
const { scrollWidth, clientWidth } = document.documentElement;
return [innerWidth, scrollWidth - clientWidth, document.querySelectorAll("svg").length];
"""
COLOURS = """
const luminance = (colour) => colour.match(/\\d+/g).slice(0, 3).map(Number)
  .map((part) => part / 255)
  .map((part) => part <= 0.04 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
const paper = luminance(getComputedStyle(document.body).backgroundColor);
const inks = [...document.querySelectorAll("p, td, th, h1, h2, figcaption, .name, button, code")]
  .map((one) => luminance(getComputedStyle(one).color));
const contrasts = inks.map(
  (ink) => (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)
);
return [paper, Math.min(...contrasts)];
"""
STEP = """
const history = document.querySelector(".history");
const [slider, output, button] = ["input", "output", "button"]
  .map((name) => history.querySelector(name));
const state = () => [
  output.textContent,
  slider.getAttribute("aria-valuetext"),
  history.querySelector(".bar").style.height,
];
const before = [history.querySelector(".controls").hidden, ...state()];
slider.value = 0;
slider.dispatchEvent(new Event("input"));
const first = state();
button.click();
const playing = button.textContent;
button.click();
return [before, first, playing, button.textContent];
"""
PLAY = """
const [output, button] = ["output", "button"]
  .map((name) => document.querySelector(`.history ${name}`));
const after = (ms) => new Promise((done) => {
  setTimeout(() => done([output.textContent, button.textContent]), ms);
});
button.click();
return Promise.all([after(50), after(5050), after(15000)]);
"""


@pytest.fixture(scope="module")
def space() -> Space:
    return load_space("tiny")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, space: Space) -> Path:
    find_chromium()
    folder = tmp_path_factory.mktemp("one") / "digits"
    write_run(folder, space, random.Random(0))
    return report(folder)


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory, space: Space) -> Path:
    find_chromium()
    folder = tmp_path_factory.mktemp("several")
    runs = [folder / name for name in ("one", "other")]
    for number, run in enumerate(runs):
        write_run(run, space, random.Random(number))
    return report(runs)


@pytest.fixture(params=["page", "several"])
def any_page(request: pytest.FixtureRequest) -> Path:
    path: Path = request.getfixturevalue(request.param)
    return path


@pytest.mark.parametrize("width", [PHONE, 1200])
def test_nothing_overflows(any_page: Path, width: int) -> None:
    seen = look(any_page, MEASURE, width=width)
    inner, overflow, drawings = seen.answer
    assert inner == width
    assert overflow == 0
    assert drawings > 10
    assert seen.console == []


@pytest.mark.parametrize("dark", [False, True])
def test_text_is_readable_in_light_and_dark(any_page: Path, dark: bool) -> None:
    seen = look(any_page, COLOURS, dark=dark)
    paper, contrast = seen.answer
    assert (paper < 0.05) == dark
    assert contrast >= 4.5
    assert seen.console == []


def test_the_slider_moves_the_network(any_page: Path) -> None:
    seen = look(any_page, STEP)
    assert seen.console == []
    (hidden, *last), first, playing, paused = seen.answer
    assert hidden is False
    assert last[:2] == [f"epoch {WARMUP + EPOCHS - 1}"] * 2
    assert first[:2] == [f"epoch {WARMUP}"] * 2
    assert float(first[2].rstrip("%")) < float(last[2].rstrip("%"))
    assert (playing, paused) == ("Pause", "Play")


def test_it_plays_from_the_first_epoch_to_the_last(page: Path) -> None:
    first, middle, last = look(page, PLAY).answer
    assert first == [f"epoch {WARMUP}", "Pause"]
    assert WARMUP < int(middle[0].split()[1]) < WARMUP + EPOCHS - 1
    assert middle[1] == "Pause"
    assert last == [f"epoch {WARMUP + EPOCHS - 1}", "Play"]


@pytest.mark.parametrize("still", [False, True])
def test_nothing_glides_for_those_who_want_no_motion(page: Path, still: bool) -> None:
    duration = "return getComputedStyle(document.querySelector('.bar')).transitionDuration;"
    assert (look(page, duration, still=still).answer == "0s") == still


def test_without_the_script_the_last_epoch_is_shown(page: Path) -> None:
    text = page.read_text()
    silent = page.with_name("silent.html")
    silent.write_text(text[: text.index("<script>")] + "</body></html>")
    history = "return document.querySelector('.history .drawings').innerText;"
    shown = look(page, history).answer
    assert "%" in shown
    assert look(silent, history).answer == shown
    controls = "return document.querySelector('.controls').checkVisibility();"
    assert [look(one, controls).answer for one in (page, silent)] == [True, False]


def test_what_is_wrong_would_be_seen(page: Path) -> None:
    broken = page.with_name("broken.html")
    wide = '<div style="width: 2000px">wide</div><script>nowhere();</script>'
    broken.write_text(page.read_text().replace("</main>", f"{wide}</main>"))
    seen = look(broken, MEASURE, width=PHONE)
    assert seen.answer[1] > 1000
    assert len(seen.console) == 1
    assert "nowhere is not defined" in seen.console[0]
