from hypothesis import given, strategies as st

from proxyless.distributed.transport.round_robin import round_robin


@given(st.sets(st.integers(0, 40), min_size=1, max_size=12))
def test_everyone_meets_everyone_and_nobody_waits_for_ever(members: set[int]) -> None:
    plans = {rank: round_robin(rank, members) for rank in members}
    assert all(sorted(plan) == sorted(members - {rank}) for rank, plan in plans.items())
    while any(plans.values()):
        ready = {rank: plan[0] for rank, plan in plans.items() if plan}
        pairs = {rank for rank, partner in ready.items() if ready.get(partner) == rank}
        assert pairs, "all wait for someone who waits for another"
        for rank in pairs:
            plans[rank].pop(0)
