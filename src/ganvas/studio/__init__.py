"""Pages for the browser, served from this machine. They need `pip install 'ganvas[studio]'`."""
