"""How much of a hypothesis is committed, and when. Pure: no torch, no I/O, no clock."""
