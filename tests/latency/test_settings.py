import pytest

from latency import Protocol, Settings
from search_spaces import InputError


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"threads": 0}, "`threads` 0 is not at least 1"),
        ({"batch": -1}, "`batch` -1 is not at least 1"),
        ({"dtype": "int4"}, "`dtype` 'int4' is not float32 or int8"),
    ],
)
def test_settings_that_cannot_be_measured(fields: dict[str, int], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Settings(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["processes", "rounds"])
def test_protocol_measures_something(field: str) -> None:
    with pytest.raises(InputError, match=f"`{field}` 0 is not at least 1"):
        Protocol(**{field: 0})


def test_settings_read_as_a_sentence() -> None:
    assert str(Settings()) == "1 thread, batch 1, float32"
    assert str(Settings(threads=4, batch=8)) == "4 threads, batch 8, float32"
