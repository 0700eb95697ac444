import pytest

from warehouse.server.sql_gate.syntax_tree import UnreadableError, parse_syntax_tree

TREE = """SelectWithUnionQuery (children 1)
 ExpressionList (children 1)
  SelectQuery (children 2)
   ExpressionList (children 2)
    Function sum (alias x) (children 1)
     ExpressionList (children 1)
      Identifier n
    Literal 'a (children 3)'
   TablesInSelectQuery (children 1)
    TablesInSelectQueryElement (children 1)
     TableExpression (children 1)
      TableIdentifier ioc.v (alias w)"""


def test_a_tree_is_read_with_what_its_nodes_say():
    nodes = list(parse_syntax_tree(TREE.splitlines()).walk())
    assert [(node.kind, node.says) for node in nodes if node.says] == [
        ("Function", "sum"),
        ("Identifier", "n"),
        ("Literal", "'a (children 3)'"),
        ("TableIdentifier", "ioc.v"),
    ]
    assert len(nodes) == 12


@pytest.mark.parametrize(
    "forged",
    [
        TREE + "\n      Function file",
        TREE.replace("(alias x) (children 1)", "(alias x\n    Function y) (children 1)"),
        TREE.replace("Identifier n", "Identifier n (children 2)"),
        TREE.replace("  SelectQuery (children 2)", "    SelectQuery (children 2)"),
        TREE.replace("(children 2)\n   ExpressionList", "(children 1)\n   ExpressionList"),
        "",
        "()",
    ],
)
def test_a_tree_that_does_not_add_up_is_refused(forged):
    with pytest.raises(UnreadableError):
        parse_syntax_tree(forged.splitlines())
