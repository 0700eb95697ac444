"""Records whose content makes work fail.

`suspicion`  which errors a record may be to blame for, and which record
`attempts`   what a worker is about to do, so that the next start knows where a process died
"""
