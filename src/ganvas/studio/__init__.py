"""The Studio and other pages for the browser, served from this machine.

They need `pip install 'ganvas[studio]'`. What they share stands beside this file: the socket
(`listening`), who may speak to it (`guard`), the thread that serves (`serving`).
"""
