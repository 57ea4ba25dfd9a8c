"""Looking inside a running platform: logs, traces and metrics.

Nothing here is imported before it is used, so that a command which logs nothing pays nothing.
"""
