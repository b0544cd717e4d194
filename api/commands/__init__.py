"""The command groups of `streetwarden`; each module holds one."""
