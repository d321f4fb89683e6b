"""Every type of fault, one file a family. `shaketable.fault` has them all; `docs/adding-a-fault.md` adds one."""
