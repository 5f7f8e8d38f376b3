"""``python -m translator.cli``."""

from translator.__main__ import main

main()
