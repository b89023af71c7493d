"""From a profile of a table to the milliseconds of any network of its operations."""
