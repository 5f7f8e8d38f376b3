"""``python -m translator.cli``."""

from translator.cli import main

main()
