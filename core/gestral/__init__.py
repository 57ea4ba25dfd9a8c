"""Gestral's core: a plugin contract and what plugins stand on. It knows no plugin and no video.

An extension author needs `gestral.plugin` (the contract), `gestral.capabilities` (what plugins
offer each other), `gestral.events`, `gestral.errors` and `gestral.testing`.
"""

__version__ = "0.1.0"
