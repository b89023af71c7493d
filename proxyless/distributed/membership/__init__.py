"""Who takes part: views of the members, rounds, and the rule by which all commit or none."""
