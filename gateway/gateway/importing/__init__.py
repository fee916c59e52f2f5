"""Import of a region from CSV files or an Excel workbook.

`files` reads cells, `columns` knows the sheets, `rows` turns a row of cells into values, `duplicates` and
`plan` put a file in sequence, `resolve` turns codes into ids, `take` hands rows to their owners, `run` goes
through a whole file with any `take` (in this process or over the REST API), `rejects` hands bad rows back,
`api` is the REST edge.
"""
