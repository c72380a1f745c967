"""Changes that may be proposed: which orders of a stack do the same, and the diff that writes one."""
