"""The two apps of Dash on the board's server: `app` makes people's own, `wall_app` that of the screens.

`page_list`     every page that is declared
`html`          the HTML around an app of Dash
`static_files`  scripts, style sheets and letters: together, compressed, and kept by their content
`push`          how changes reach the browsers
`wall_app`      the wall's own app of Dash
"""
