//! What the journal promises, on files in memory.
