"""Experiments: one module a question, from a frozen configuration to result arrays."""
