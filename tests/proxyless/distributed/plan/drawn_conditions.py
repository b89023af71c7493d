"""Conditions and schedules as hypothesis draws them."""

from hypothesis import strategies as st

from proxyless.distributed.plan import DENSE, HALF, Conditions, Schedule, top_k

schedules = st.builds(Schedule, delay=st.integers(0, 24), period=st.integers(1, 12))
codecs = st.sampled_from([DENSE, HALF])
direct_codecs = st.sampled_from([DENSE, HALF, top_k(0.01)])


@st.composite
def conditions(draw: st.DrawFn) -> Conditions:
    step = draw(st.floats(0.01, 1))
    return Conditions(
        step_seconds=step,
        one_way_seconds=draw(st.floats(0, 0.5)),
        bits_per_second=draw(st.floats(1e6, 1e10)),
        workers=draw(st.integers(2, 9)),
        gradient_bytes=draw(st.floats(1e3, 1e8)),
        transport=draw(st.sampled_from(["direct", "ring"])),
        acknowledged=draw(st.sampled_from([None, True, False])),
        overlap_seconds=step * draw(st.floats(0, 1)),
        messages=draw(st.integers(1, 5)),
        in_flight=draw(st.none() | st.integers(1, 6)),
    )
