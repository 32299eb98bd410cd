"""One file that holds a whole service, and the way back from it: `callcenter backup`, `callcenter restore`."""
