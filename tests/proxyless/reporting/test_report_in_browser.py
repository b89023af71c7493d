"""The report as a browser shows it: its script runs, nothing overflows, the console is silent."""

import random
from pathlib import Path

import pytest
from browser import find_chromium, look
from made_up_run import EPOCHS, WARMUP, overrule, write_run

from proxyless.reporting import report
from search_spaces import Space, load_space

pytestmark = pytest.mark.slow

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
const inks = [...document.querySelectorAll(
  "p, td, th, h1, h2, figcaption, .name, button, code, dd, .note, .likelier"
)]
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
CUT = """
document.querySelectorAll("details").forEach((one) => { one.open = true; });
const boxes = [...document.querySelectorAll(".scroll, .drawings, .route, dl, figure, section")];
const scrolled = boxes.filter((one) => one.scrollWidth > one.clientWidth + 1);
const texts = [...document.querySelectorAll("svg text, td, dd, dt, code, p, h1, h2, h3, .value")];
const outside = texts.filter((one) => {
  const { left, right, width } = one.getBoundingClientRect();
  return width > 0 && (left < -1 || right > innerWidth + 1);
});
return [...scrolled.map((one) => one.className), ...outside.map((one) => one.textContent)];
"""
USED = """
const right = (name) => Math.max(
  ...[...document.querySelectorAll(name)].map((one) => one.getBoundingClientRect().right)
);
return [".route", ".grid svg", ".chart"].map((name) => right(name) / innerWidth);
"""
OVERRULED = """
const history = document.querySelector(".history");
const slots = [...history.querySelectorAll(".slot")];
const said = () => slots.map((one) => one.querySelector(".likelier"))
  .map((one) => one && getComputedStyle(one).visibility === "visible" ? one.innerText : "");
const framed = () => slots.map((one) => getComputedStyle(one.querySelector(".bar")).outlineStyle);
const last = [said(), framed()];
const slider = history.querySelector("input");
slider.value = 0;
slider.dispatchEvent(new Event("input"));
return [last, [said(), framed()]];
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
    overrule(folder, 3)
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


def test_no_text_is_cut_on_a_phone(any_page: Path) -> None:
    assert look(any_page, CUT, width=PHONE).answer == []


def test_no_text_of_a_large_space_is_cut_on_a_phone(tmp_path: Path) -> None:
    find_chromium()
    runs = [tmp_path / name for name in ("one", "a run with a longer name")]
    for number, run in enumerate(runs):
        write_run(run, load_space("imagenet"), random.Random(number))
        overrule(run, 1, 2, 3, 12)
    assert look(report(runs), CUT, width=PHONE).answer == []


@pytest.mark.parametrize("width", [1280, 1920])
def test_wide_screens_are_used(page: Path, width: int) -> None:
    strip, bands, charts = look(page, USED, width=width).answer
    assert strip > 0.95
    assert bands > 0.85
    assert charts > 0.75


def test_what_the_budget_overruled_is_framed_in_the_last_frame_alone(
    tmp_path: Path, space: Space
) -> None:
    find_chromium()
    run = tmp_path / "digits"
    write_run(run, space, random.Random(0))
    overrule(run, 2, 4)
    (said, framed), (said_before, framed_before) = look(report(run), OVERRULED).answer
    assert [bool(one) for one in said] == [place in (2, 4) for place in range(9)]
    assert [one != "none" for one in framed] == [place in (2, 4) for place in range(9)]
    assert not any(said_before)
    assert set(framed_before) == {"none"}


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
    assert last[:2] == ["derived network"] * 2
    assert first[:2] == [f"epoch {WARMUP}"] * 2
    assert float(first[2].rstrip("%")) < float(last[2].rstrip("%"))
    assert (playing, paused) == ("Pause", "Play")


def test_it_plays_from_the_first_epoch_to_the_last(page: Path) -> None:
    first, middle, last = look(page, PLAY).answer
    assert first == [f"epoch {WARMUP}", "Pause"]
    assert WARMUP < int(middle[0].split()[1]) < WARMUP + EPOCHS - 1
    assert middle[1] == "Pause"
    assert last == ["derived network", "Play"]


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
    wide = '<p style="min-width: 2000px">wide</p><script>nowhere();</script>'
    broken.write_text(page.read_text().replace("</main>", f"{wide}</main>"))
    seen = look(broken, MEASURE, width=PHONE)
    assert seen.answer[1] > 1000
    assert len(seen.console) == 1
    assert "nowhere is not defined" in seen.console[0]
    assert look(broken, CUT, width=PHONE).answer == ["wide"]
