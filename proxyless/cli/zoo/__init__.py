"""``proxyless zoo``: models with cards, a file an action."""

from ..group import Lazy, group

ACTIONS = {
    "list": Lazy("proxyless.cli.zoo.listing:list_", "List the models."),
    "show": Lazy("proxyless.cli.zoo.showing:show_", "Show a model's card."),
    "add": Lazy(
        "proxyless.cli.zoo.adding:add",
        "Export a trained run into a zoo, with its card, measured here.",
    ),
    "measure": Lazy(
        "proxyless.cli.zoo.measuring:measure",
        "Benchmark a model on this machine, into its card.",
    ),
    "verify": Lazy(
        "proxyless.cli.zoo.verifying:verify",
        "Check that models are what their cards say.",
    ),
    "index": Lazy(
        "proxyless.cli.zoo.indexing:index",
        "Write every card.md and the index again, from the cards' facts.",
    ),
}

app = group("zoo", "Models with cards: those of the package, or of a folder of yours.", ACTIONS)
