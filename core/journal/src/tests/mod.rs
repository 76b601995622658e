//! What the journal promises, on files in memory. Crashes, forgeries and the fold are hosts/crash's.
mod codec;
mod history;
mod hostile;
mod kit;
mod owners;
mod records;
mod scan;
mod writer;
