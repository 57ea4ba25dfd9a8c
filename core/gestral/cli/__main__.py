"""`python -m gestral.cli`: the command for processes that start each other."""

from gestral.cli.main import main

main()
