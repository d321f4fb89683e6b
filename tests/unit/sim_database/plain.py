"""The same statements on a plain list of rows, one transaction at a time: what a serial execution answers."""

from collections.abc import Sequence

from shaketable.ports import Row

Statement = tuple[object, ...]
"""("insert", row) | ("ignore", row) | ("select" | "lock" | "delete", where) | ("update", changes, where)"""


class Plain:
    """A database without concurrency. A refused transaction answers with the word of its refusal."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = [dict(row) for row in rows]

    def run(self, script: Sequence[Statement]) -> list[object]:
        kept = [dict(row) for row in self.rows]
        answers: list[object] = []
        for statement in script:
            answers.append(self._answer(statement))
            if isinstance(answers[-1], str):
                self.rows = kept
                break
        return answers

    def _answer(self, statement: Statement) -> object:
        match statement:
            case ("insert" | "ignore" as verb, dict() as row):
                return self._insert(row, verb == "ignore")
            case ("select" | "lock", where):
                return sorted((dict(row) for row in self.rows if holds(row, where)), key=str)
            case ("delete", where):
                before = len(self.rows)
                self.rows = [row for row in self.rows if not holds(row, where)]
                return before - len(self.rows)
            case ("update", dict() as changes, where):
                return self._update(changes, where)
        raise AssertionError(statement)

    def _insert(self, row: Row, ignore: bool) -> object:
        if row["balance"] < 0:
            return "CheckViolation"
        if any(other["id"] == row["id"] or other["email"] == row["email"] for other in self.rows):
            return None if ignore else "UniqueViolation"
        self.rows.append(dict(row))
        return dict(row)

    def _update(self, changes: dict[str, object], where: tuple[tuple[str, str, object], ...]) -> object:
        count = 0
        for row in self.rows:
            if holds(row, where):
                for column, change in changes.items():
                    row[column] = row[column] + change[1] if isinstance(change, tuple) else change
                if row["balance"] < 0:
                    return "CheckViolation"
                if sum(other["email"] == row["email"] for other in self.rows) > 1:
                    return "UniqueViolation"
                count += 1
        return count


def holds(row: Row, where: tuple[tuple[str, str, object], ...]) -> bool:
    return all({"=": row[c] == v, ">=": row[c] >= v, "<": row[c] < v}[sign] for c, sign, v in where)


def send(transaction, statement: Statement) -> object:
    """Execute the statement on the model; return its answer in the words of `Plain`, or the future."""
    match statement:
        case ("insert", row):
            return transaction.insert("accounts", row)
        case ("ignore", row):
            return transaction.insert("accounts", row, on_conflict="ignore")
        case ("select", where):
            return transaction.select("accounts", *where)
        case ("lock", where):
            return transaction.select("accounts", *where, lock="update")
        case ("delete", where):
            return transaction.delete("accounts", *where)
        case ("update", changes, where):
            return transaction.update("accounts", changes, *where)
    raise AssertionError(statement)
