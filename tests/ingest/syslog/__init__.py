"""Sources that write syslog."""
