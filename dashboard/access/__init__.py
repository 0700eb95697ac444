"""Who may enter, and what stands before every route.

`guard`             stands before every route and the WebSocket
`callback_request`  what a browser may ask of Dash, checked before Dash reads it
`rights`            the roles that accounts have, and what each may do
`viewer`            who asks at this moment, and in which language
`accounts`          who may enter and what they may do
`session`           who has logged in
`login`             the page that anybody may see; log-out, and the change of a password
`form`              log-in and change of password as plain HTML (`form.html`)
`login_attempts`    how many passwords may be tried
`known_devices`     from where and with what each account has been entered before
`api_key`           keys of programs that read the ward's figures
`displays`          screens of the wall and their tokens
`display_entry`     lets a screen in by its token (`refusal.html` when not)
"""
