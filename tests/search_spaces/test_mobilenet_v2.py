"""Golden figures of MobileNetV2: its paper, and the implementation everybody measures."""

from search_spaces import MBConv
from search_spaces.mobilenet_v2 import mobilenet_v2
from search_spaces.modules import count_parameters


def test_published_size() -> None:
    network = mobilenet_v2()
    assert network.parameters == 3_504_872
    assert network.macs == 300_774_272
    assert count_parameters(network.build()) == 3_504_872
    assert [one.resolution for one in network.active if isinstance(one, MBConv)][-1] == 7


def test_it_fits_other_images() -> None:
    network = mobilenet_v2(resolution=8, channels=1, classes=10)
    assert network.input_shape == (1, 8, 8)
    assert network.classes == 10
    assert sum(isinstance(one, MBConv) and one.skip for one in network.operations) == 10
