"""Every option of every verb, given what nobody means: one sentence, or a value in its range."""

import math
from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any, get_args

import pytest
from hypothesis import given, strategies as st
from support import run_cli

import proxyless.config
from latency.prediction.profile_query import ProfileQuery
from latency.profiling.protocol import Protocol
from latency.timing.settings import Settings
from proxyless.cli import VERBS
from proxyless.cli.config_options import config_options
from proxyless.cli.config_sources import ConfigSources
from proxyless.cli.group import Lazy, LazyGroup
from proxyless.cli.values import LONGEST, Taken
from proxyless.config.quantity import quantity
from search_spaces import InputError
from search_spaces.fields import Above, AtLeast, AtMost, Below, Bound, Odd, declared

ODD_VALUES = (
    "1e308", "-1e308", "nan", "NaN", "inf", "-inf", "-0", "0", "99999999999999999999", "-1",
    "400k,000", "1_000", "\u0663", "\uff14", " 5", "5 ", "0x10", "1e3", "1e-400", "",
    "9" * 5000, "x" * 10**5, "\x1b[31m", "a\nb", "\udcff", "--", "[/red]", "True", "1,5", "+5",
    "\u0663k", "1e999999999999",
)  # fmt: skip
CONFIGS: tuple[Any, ...] = (
    *(
        kind
        for kind in map(proxyless.config.__getattr__, dir(proxyless.config))
        if is_dataclass(kind)
    ),
    ProfileQuery,
    Protocol,
    Settings,
)


def verbs(commands: Any = VERBS, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield every verb, by its words."""
    for name, lazy in commands.items():
        assert isinstance(lazy, Lazy)
        command = lazy.load(name)
        if isinstance(command, LazyGroup):
            yield from verbs(command.lazy, (*path, name))
        else:
            yield " ".join((*path, name)), command


ALL = dict(verbs())


def has_both_ends(ranges: tuple[Bound, ...]) -> bool:
    low = any(isinstance(bound, (AtLeast, Above, Odd)) for bound in ranges)
    high = any(
        isinstance(bound, (AtMost, Below)) and math.isfinite(bound.limit) for bound in ranges
    )
    return low and high


@pytest.mark.parametrize("verb", ALL)
def test_every_number_of_a_verb_has_both_ends(verb: str) -> None:
    taken: dict[str, Taken] = ALL[verb].taken
    endless = [name for name, one in taken.items() if one.types and not has_both_ends(one.ranges)]
    assert endless == []


@pytest.mark.parametrize("config", CONFIGS)
def test_every_number_of_a_configuration_has_both_ends(config: Any) -> None:
    endless = [
        one.name
        for one in declared(config)
        if {int, float} & {one.kind, *get_args(one.kind)} and not has_both_ends(one.ranges)
    ]
    assert endless == []


@pytest.mark.parametrize("verb", ALL)
def test_odd_values_of_options_are_refused_or_in_range(verb: str) -> None:
    """Through the parser, up to where the verb would begin."""
    command = ALL[verb]
    for parameter in command.params:
        if parameter.param_type_name != "option" or getattr(parameter, "is_flag", False):
            continue
        for value in ODD_VALUES:
            option = parameter.opts[0]
            try:
                context = command.make_context(verb, [f"{option}={value}", *needed(command)])
            except InputError as error:
                assert option in str(error)  # noqa: PT017
            except Exception as error:
                assert getattr(error, "exit_code", None) == 2, (option, value)  # noqa: PT017
            else:
                check_taken(command.taken[parameter.name], context.params[parameter.name])


def needed(command: Any) -> list[str]:
    """Return words for what a verb cannot do without; plan's options among them."""
    words = []
    for parameter in command.params:
        if parameter.required and parameter.param_type_name == "option":
            words += [parameter.opts[0], "2"]
    return [*words, *["x" for one in command.params if one.required and one.opts[0][0] != "-"]]


def check_taken(taken: Taken, value: object) -> None:
    for item in value if isinstance(value, (list, tuple)) else (value,):
        if isinstance(item, (int, float)):
            assert all(bound.keeps(item) for bound in taken.ranges)
        elif item is not None:
            assert 0 < len(str(item)) <= LONGEST
            str(item).encode()


@pytest.mark.parametrize("config", [one for one in CONFIGS if one.__name__.endswith("Config")])
@pytest.mark.parametrize(
    "value", [*ODD_VALUES, True, math.nan, math.inf, -1, 0, 10**20, 0.5, 1e308]
)
def test_odd_values_of_files_are_refused_or_in_range(config: Any, value: object) -> None:
    """What a settings file says: no text and no truth value stands for a number."""
    for option in config_options(config):
        sources = ConfigSources(config, {option.name: option.path}, {option.name: value}, None)
        try:
            made = sources.resolve()
        except InputError:
            continue
        except TypeError:  # a configuration that needs more
            continue
        for name in option.path:
            made = getattr(made, name)
        if option.field.ranges:
            assert not isinstance(made, (bool, str))
            assert made is None or all(bound.keeps(made) for bound in option.field.ranges)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("profile", "--threads", "99999999999999999999"), "--threads 99999999999999999999 is not"),
        (("profile", "--rounds", 10**8), "--rounds 100000000 is not at most 100000"),
        (("profile", "--processes", 10**6), "--processes 1000000 is not at most 1000"),
        (("profile", "--batch", 10**9), "--batch 1000000000 is not at most 65536"),
        (("search", "--pareto", 10**8), "--pareto 100000000 is not at most 1000"),
        (("search", "--compute-threads", 10**5), "--compute-threads 100000 is not at most 1024"),
        (("search", "--epochs", 10**9), "--epochs 1000000000 is not at most 1000000"),
        (("search", "--max-params", "400k,000"), "--max-params '400k,000' is no quantity"),
        (("train", "run", "--learning-rate", "1e308"), "--learning-rate 1e+308 is not at most"),
        (("export", "run", "--batch", "٣"), "--batch ٣ is neither"),
        (("plan", "--step-ms", "1e-308"), "--step-ms 1e-308 is not at least"),
        (("profile", "--threads", ""), "--threads is empty"),
        (("profile", "--table", "\udcff"), "is not UTF-8 text: rename"),
        (("tables", "draw", "x", "--networks", "1_000"), "--networks 1_000 is no whole number"),
    ],
)
def test_the_sentence_names_the_option(words: tuple[object, ...], sentence: str) -> None:
    outcome = run_cli(*words)
    assert outcome.status == 2
    assert sentence in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1


@given(st.text(max_size=12))
def test_a_quantity_is_a_finite_number_or_refused(text: str) -> None:
    try:
        assert quantity(text) == quantity(text)
    except InputError:
        return
    assert text.isascii()
    assert not set(text) & set(" _,\t\n")


@pytest.mark.parametrize(
    ("text", "value"),
    [("300k", 3e5), ("60M", 6e7), ("250KB", 2.5e5), ("1MiB", 2**20), ("24.37MB", 24.37e6),
     ("1e6", 1e6), ("250kb", 2.5e5), ("7B", 7.0), ("1G", 1e9)],
)  # fmt: skip
def test_quantities_as_people_write_them(text: str, value: float) -> None:
    assert quantity(text) == value
