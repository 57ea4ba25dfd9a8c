"""The `gestral` command."""
