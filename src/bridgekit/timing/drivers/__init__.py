"""Drivers: what stands between a server and an application, and sees the messages or calls that pass."""
