"""Work for later: the outbox, the dispatcher that empties it, and the worker that does it.

    caller's transaction -> core.job (waiting) -> dispatcher -> SAQ (queued) -> runner (running)

PostgreSQL knows what is to be done and what became of it; the queue only carries ids. A lost
message, a killed worker and a wiped queue therefore lose nothing: a lease that runs out puts the
row back to `waiting`.
"""
