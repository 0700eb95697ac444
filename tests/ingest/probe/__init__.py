"""Devices that are asked."""
