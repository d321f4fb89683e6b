"""The ports: the one module of the harness that a service imports."""

import subprocess
import sys


def test_the_ports_need_nothing_but_the_standard_library():
    code = "import sys; before = set(sys.modules); import shaketable.ports; print(*set(sys.modules) - before)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = {name for name in done.stdout.split() if name.partition(".")[0] not in sys.stdlib_module_names}
    part = {"shaketable.commits", "shaketable.commits.feeds", "shaketable.commits.prepared"}
    assert loaded == {"shaketable", "shaketable.ports"} | part
