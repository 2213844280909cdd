"""Fixtures of pages: a device, the outputs of a page, a notebook that holds them."""

from page_fixtures import config, device, notebook, shown  # noqa: F401
