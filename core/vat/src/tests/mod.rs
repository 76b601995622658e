//! Claims about the whole kernel. Each is a script for puppets and the transcript it must give.
mod kit;
mod puppet;

mod init;
mod thin;
