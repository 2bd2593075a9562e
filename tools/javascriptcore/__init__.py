"""Whether JavaScriptCore, the engine of Safari, draws the same bits as wasmtime."""
