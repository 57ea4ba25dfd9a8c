"""Blogs become videos: the plugin `video`.

The way of a post, each stage in the folder of its name and each a pure function of the one before:

    articles/ -> script/ -> narration/ -> storyboard/ -> render/ -> publish/

`make.py` walks that way once, for the command line and the worker alike; `videos/` makes a product
of it: tables, routes and jobs.
"""

from gestral_video.plugin import plugin

__all__ = ("plugin",)
