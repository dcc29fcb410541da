"""Pages: layouts and the callbacks that fill them, registered on the app they are given."""
