"""Runs LocalStack's Lambda functions as processes of this machine, without Docker.

Only functions that bring their own `bootstrap` (the `provided.*` runtimes) can run here.
"""
