// Stands for `node:http` in the bundles. Imported as an ES module, it evaluates every export, one of which loads all of undici: 45 ms of a
// cold start. Required, it does not.
// biome-ignore lint/style/useNodejsImportProtocol: with it, this file would stand for itself
module.exports = require('http');
