//! Nothing: `./x quickjs` compiles what this package depends on, and cargo wants a package to have a file.
