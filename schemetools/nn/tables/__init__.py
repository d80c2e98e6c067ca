"""Tables of the literature, run again: rows, budgets, seeds, theory beside each row. Knows no rewiring."""

from schemetools.nn.tables.budgets import BUDGETS, Budget
from schemetools.nn.tables.reproduce import Reproduced, Told, names, reproduce, table
from schemetools.nn.tables.table import Published, Row, Table

__all__ = ["BUDGETS", "Budget", "Published", "Reproduced", "Row", "Table", "Told", "names", "reproduce", "table"]
