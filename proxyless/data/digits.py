"""The data set of handwritten digits that is part of scikit-learn."""

from .rows import Splits

DIGITS = "digits"


def digits_splits() -> Splits:
    """Return scikit-learn's digits as one split: 1797 grey images of 8 x 8 pixels, 16 levels."""
    import datasets
    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_digits

    digits = load_digits()
    pictures = [Image.fromarray(image) for image in (digits.images / 16 * 255).astype(np.uint8)]
    features = datasets.Features(
        image=datasets.Image(),
        label=datasets.ClassLabel(names=[str(name) for name in digits.target_names]),
    )
    columns = {"image": pictures, "label": digits.target.tolist()}
    return {"train": datasets.Dataset.from_dict(columns, features=features)}
