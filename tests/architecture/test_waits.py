"""No wait for another party without a limit: what waits by itself for ever stands inside one, or says beside it why not."""

import ast

from tests.architecture.sources import python_files, shown

WAITING = ("harness/shaketable/real", "harness/shaketable/explore/pool")
FOR_A_PARTY = {
    "open_connection",
    "open_unix_connection",
    "create_connection",
    "read",
    "readline",
    "readexactly",
    "drain",
}
"""Awaited, they end when the other party does something, if ever."""
FOR_AN_END = {"wait", "communicate", "waitpid", "result"}
"""Called without a limit, they end with a process, a thread or an event."""
LIMITS = {"asyncio.timeout", "_answered"}
WITH_A_LIMIT = {"within", "wait_until", "wait_for", "asyncio.wait_for"}
LINES_ABOVE = 3


def waits_without_a_limit(source: str) -> list[int]:
    """Return the lines of the waits that stand in no limit, and have no word of one in a comment or docstring."""
    lines = source.splitlines()
    found: list[int] = []

    def look(node: ast.AST, *, limited: bool) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            limited = "limit of its own" in (ast.get_docstring(node) or "")
        elif isinstance(node, ast.AsyncWith | ast.With):
            limited = limited or any(_called(item.context_expr) in LIMITS for item in node.items)
        elif isinstance(node, ast.Call) and _called(node) in WITH_A_LIMIT:
            limited = True
        elif _is_wait(node) and not limited:
            beside = lines[max(0, node.lineno - 1 - LINES_ABOVE) : node.lineno]
            if not any("limit" in line.partition("#")[2] for line in beside):
                found.append(node.lineno)
        for child in ast.iter_child_nodes(node):
            look(child, limited=limited)

    look(ast.parse(source), limited=False)
    return found


def _is_wait(node: ast.AST) -> bool:
    if isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
        name = _called(node.value).rpartition(".")[2]
        return name in FOR_A_PARTY and bool(
            name != "read" or node.value.args
        )  # without a size it is no stream's
    if not isinstance(node, ast.Call):
        return False
    name = _called(node).rpartition(".")[2]
    if name == "waitpid":
        return "WNOHANG" not in ast.unparse(node)
    return name in FOR_AN_END and not (node.args or node.keywords)


def _called(node: ast.AST) -> str:
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def test_a_wait_without_a_limit_is_found():
    assert waits_without_a_limit("async def f():\n    await asyncio.open_connection(host, port)") == [2]
    assert waits_without_a_limit("def f():\n    process.wait()") == [2]
    assert waits_without_a_limit("def f():\n    process.wait(10)") == []
    inside = "async def f():\n    async with asyncio.timeout(1):\n        await reader.read(9)"
    assert waits_without_a_limit(inside) == []
    assert waits_without_a_limit("async def f():\n    await within(over.wait(), within_s=1, what='it')") == []
    assert (
        waits_without_a_limit("async def f():\n    await reader.read(9)  # no limit: as long as it lives")
        == []
    )
    after = "async def f():\n    async with asyncio.timeout(1):\n        pass\n    await reader.read(9)"
    assert waits_without_a_limit(after) == [4]


def test_no_wait_for_another_party_or_the_end_of_a_process_is_without_a_limit():
    found = [
        f"{shown(path)}:{line}: put it into `within`, or say in a comment why it needs no limit"
        for path in python_files(*WAITING)
        for line in waits_without_a_limit(path.read_text())
    ]
    assert not found, "\n".join(found)
