"""`lectern import`: a region from CSV files or an Excel workbook.

`command` is the command, `local` and `remote` are the two ways to hand rows in, `show` is what is seen.
Reading and planning are the gateway's (`gateway.importing`), so that its upload page does the same.
"""
