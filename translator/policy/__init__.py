"""Policies: how much of a hypothesis is committed, and when. No torch, no I/O, no clock."""
