"""Each module holds rules: functions from a Tree to findings, listed in its RULES."""
