"""Workers that were started otherwise than the others are refused."""

from dataclasses import replace

import pytest
from crew import Crew, model
from torch import nn
from torch.optim import SGD

from proxyless import TaskConfig, TrainConfig
from proxyless.distributed import Delayed, DistributedError
from proxyless.engine.configuration_check import ConfigurationCheck
from search_spaces import Architecture, InputError, Space


@pytest.fixture
def config(micro: Space) -> TrainConfig:
    return TrainConfig(TaskConfig("photos", ""), Architecture.choose(micro, [3, 4, 2, 0]))


def test_who_computes_otherwise_is_not_refused(config: TrainConfig) -> None:
    task = replace(config.task, data="elsewhere", compute="cpu", checkpoint_seconds=1.0)
    other = replace(config, task=task, teacher="there/too")
    ConfigurationCheck(config, images=7).load_state_dict(
        ConfigurationCheck(other, images=7).state_dict()
    )


def test_the_first_difference_is_named(config: TrainConfig, micro: Space) -> None:
    mine = ConfigurationCheck(config, images=7)
    other_network = Architecture.choose(micro, [3, 4, 2, 1])
    for other, words in (
        (
            ConfigurationCheck(replace(config, epochs=5), images=7),
            "with epochs = 100, the other .* 5:",
        ),
        (ConfigurationCheck(config, images=8), "with images = 7, the other workers with 8:"),
        (ConfigurationCheck(replace(config, architecture=other_network), images=7), "same options"),
    ):
        with pytest.raises(InputError, match=words):
            mine.load_state_dict(other.state_dict())


def test_weights_of_another_network_are_refused_in_a_sentence(config: TrainConfig) -> None:
    """Before they are taken over, which their shapes would not let them be."""
    crew = Crew(2, timeout=1.5)
    networks = [model(), nn.Linear(2, 2)]

    def work(rank: int) -> str:
        check = ConfigurationCheck(replace(config, epochs=10 + rank))
        optimizer = SGD(networks[rank].parameters(), lr=0.1)
        trainer = Delayed(optimizer, crew.membership(rank), synchronised=[check])
        try:
            trainer.join()
            trainer.step()
            trainer.leave()
        except (InputError, DistributedError) as refusal:
            return str(refusal)
        finally:
            trainer.membership.close()
        return ""

    left_alone, refused = crew.run(work)
    assert "worker 0 has shared no round with any other" in left_alone
    assert "worker 1 (" in left_alone
    assert "with epochs = 11, the other workers with 10" in refused
