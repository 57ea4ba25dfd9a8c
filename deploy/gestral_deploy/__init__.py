"""Gestral on AWS: one component per file, put together in `platform`."""
