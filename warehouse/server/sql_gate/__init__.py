"""The gate: whether an analyst's SQL may run. Read-only by construction.

`gate`         the decision; whatever is not known to be harmless is refused
`allowlist`    the only words of SQL that analysts may use
`bounds`       what keeps a query's cost in proportion to its input
`sql_text`     SQL cut into tokens
`syntax_tree`  what `EXPLAIN AST` prints, read back
`query_tree`   what `EXPLAIN QUERY TREE` prints, read back
`limit_texts`  how an analyst is told which limit a query passed
"""
