"""Sources whose data come as files: a folder of ours, into which people or programs put CSV and XLSX.

`sftp`    fetches files from a server into that folder
`reader`  reads a folder for ever: files that have settled, each content once
`table`   the rows of a file, within bounds
`tcvn3`   texts in the encoding of the old .Vn fonts
"""
