"""How bytes travel: torchrun's world and store, links between workers, all-reduces."""
