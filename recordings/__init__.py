"""Sound in, meaning out: collect, store, draw and transcribe recordings. Imports nothing of callcenter."""
