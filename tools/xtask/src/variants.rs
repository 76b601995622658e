//! The proof that the three built variants are the same program: every file but manifest.json is equal, byte for byte.
use std::fs;

use crate::ground::{Done, Ground, Stop, files_below};
use crate::manifest::VARIANTS;

pub fn check(ground: &Ground) -> Done<usize> {
    let [first, others @ ..] = VARIANTS;
    let first = ground.extension(first);
    let names = files_below(&first)?;
    for other in others {
        let other = ground.extension(other);
        if files_below(&other)? != names {
            return Err(Stop::Failed(format!("{} has other files than {}", other.display(), first.display())));
        }
        for name in names.iter().filter(|name| name.as_os_str() != "manifest.json") {
            if fs::read(first.join(name))? != fs::read(other.join(name))? {
                return Err(Stop::Failed(format!("{} differs from {}", other.join(name).display(), first.join(name).display())));
            }
        }
    }
    Ok(names.len() - 1)
}
