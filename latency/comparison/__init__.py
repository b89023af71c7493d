"""Several profiles: side by side, blocks against the smallest, several tables as one."""
