"""``proxyless zoo list``: the models there are."""

from search_spaces import InputError

from ...zoo import Zoo
from .. import options
from ..console import print_message, show_json, show_rows
from .arguments import Folder, zoo_in
from .printing import MODELS, Model


def list_(folder: Folder = None, wide: options.Wide = False, json: options.Json = False) -> None:
    """List the models."""
    zoo = zoo_in(folder)
    models = [_model(zoo, name) for name in zoo.names]
    if json:
        show_json([_facts(model) for model in models])
        return
    show_rows(f"Models in {zoo.folder}", models, MODELS, wide)
    for model in models:
        if model.fault:
            print_message(f"{model.name} cannot be read: {model.fault}", warning=True)


def _model(zoo: Zoo, name: str) -> Model:
    """Return a model; without its network if that cannot be read here."""
    card, missing = zoo.card(name), len(zoo.missing(name))
    try:
        return Model(name, card, zoo.architecture(name), missing)
    except InputError as error:
        return Model(name, card, None, missing, str(error))


def _facts(model: Model) -> dict[str, object]:
    card, architecture = model.card, model.architecture
    training = card.training
    facts: dict[str, object] = {
        "model": model.name,
        "data": training.data if training else None,
        "test accuracy": training.test_accuracy if training else None,
        "parameters": architecture.parameters if architecture else None,
        "MACs": architecture.macs if architecture else None,
        "files": len(card.files),
        "missing": model.missing,
    }
    return {**facts, "fault": model.fault} if model.fault else facts
