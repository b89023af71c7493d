"""Run directories: the files of a search, a training, and the verbs that follow."""
