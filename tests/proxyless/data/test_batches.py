import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from proxyless.data.batches import Batcher
from proxyless.data.image_data import Split
from proxyless.data.transforms import Augmentation, Normalisation

CPU = torch.device("cpu")


def images_of(count: int, channels: int = 2, side: int = 8) -> torch.Tensor:
    """Images without a zero in them, so that padding shows."""
    generator = torch.Generator().manual_seed(0)
    shape = (count, channels, side, side)
    return torch.randint(1, 256, shape, dtype=torch.uint8, generator=generator)


@given(st.integers(1, 5), st.integers(1, 3), st.sampled_from([1, 5, 8, 32]), st.booleans())
def test_augmented_images_keep_shape_and_type(
    count: int, channels: int, side: int, flip: bool
) -> None:
    images = images_of(count, channels, side)
    before = images.clone()
    found = Augmentation(flip=flip)(images, torch.Generator().manual_seed(1))
    assert (found.shape, found.dtype) == (images.shape, torch.uint8)
    assert torch.equal(images, before)


def test_no_shift_and_no_flip_change_nothing() -> None:
    images = images_of(16)
    assert torch.equal(Augmentation(0.0, False)(images, torch.Generator()), images)


def test_flip_alone_mirrors_some_images_and_shifts_none() -> None:
    images = images_of(64)
    found = Augmentation(0.0, True)(images, torch.Generator().manual_seed(0))
    kept = [torch.equal(one, other) for one, other in zip(images, found, strict=True)]
    mirrored = [torch.equal(one.flip(2), two) for one, two in zip(images, found, strict=True)]
    assert 10 < sum(kept) < 54
    assert sum(kept) + sum(mirrored) == 64


@pytest.mark.parametrize(("side", "margin"), [(8, 1), (32, 4)])
def test_shifts_reach_an_eighth_of_the_side_and_no_further(side: int, margin: int) -> None:
    images = images_of(400, 1, side)
    found = Augmentation(flip=False)(images, torch.Generator().manual_seed(0))
    padded = torch.nn.functional.pad(images, [margin] * 4)
    tops = set()
    for number, image in enumerate(found):
        matches = [
            (top, left)
            for top in range(2 * margin + 1)
            for left in range(2 * margin + 1)
            if torch.equal(padded[number, :, top : top + side, left : left + side], image)
        ]
        assert len(matches) == 1
        tops.add(matches[0][0])
    assert tops == set(range(2 * margin + 1))


def test_same_generator_same_augmentation() -> None:
    images = images_of(9)
    one, other, third = (
        Augmentation()(images, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(one, other)
    assert not torch.equal(one, third)


def test_normalised_training_images_have_mean_0_and_deviation_1() -> None:
    images = images_of(50)
    pixels = images.double() / 255
    mean, std = pixels.mean((0, 2, 3)), pixels.std((0, 2, 3))
    found = Normalisation(tuple(mean.tolist()), tuple(std.tolist()), CPU)(images)
    assert found.dtype == torch.float32
    assert found.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(found.mean((0, 2, 3)), torch.zeros(2), atol=1e-4, rtol=0)
    torch.testing.assert_close(found.std((0, 2, 3)), torch.ones(2), atol=1e-4, rtol=0)


@given(st.integers(0, 255), st.floats(0, 1), st.floats(0.01, 1))
def test_normalisation_of_a_pixel(pixel: int, mean: float, std: float) -> None:
    images = torch.full((1, 1, 1, 1), pixel, dtype=torch.uint8)
    found = float(Normalisation((mean,), (std,), CPU)(images))
    assert found == pytest.approx((pixel / 255 - mean) / std, abs=1e-3)


def test_batcher_takes_the_images_it_is_told() -> None:
    split = Split(images_of(10), torch.arange(10))
    batcher = Batcher(split, Normalisation((0.0, 0.0), (1.0, 1.0), CPU))
    images, labels = batcher(torch.tensor([7, 2]))
    assert labels.tolist() == [7, 2]
    expected = split.images[[7, 2]].numpy().astype(np.float32) / 255
    np.testing.assert_allclose(images.numpy(), expected)
