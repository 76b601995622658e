//! tools/linux/guest.c, compiled for i386 against Debian's musl: one static program.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::packages::Debian;
use crate::ground::{Done, Ground, Stop, answer, must};

pub fn compile(ground: &Ground, debian: &Debian, out: &Path) -> Done {
    let system = ground.path("target/linux/guest-system");
    for package in debian.alone(&["musl-dev", "linux-libc-dev", "libgcc-12-dev"])? {
        package.unpack(&system)?;
    }
    let include = system.join("usr/include");
    let musl = system.join("usr/lib/i386-linux-musl");
    // stdarg.h and the like are the compiler's own.
    let own = answer(Command::new("gcc").args(["-print-file-name=include"])).unwrap_or_default();
    let libgcc = find(&system.join("usr/lib/gcc/i686-linux-gnu"), "libgcc.a")?;
    if let Some(folder) = out.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut gcc = Command::new("gcc");
    gcc.args(["-m32", "-march=i686", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-no-pie", "-fno-pie", "-fno-stack-protector"]);
    gcc.args(["-s", "-nostdinc", "-nostdlib", "-Wl,--build-id=none"]);
    for folder in [include.join("i386-linux-musl"), PathBuf::from(own), include.clone(), include.join("i386-linux-gnu")] {
        gcc.arg("-isystem").arg(folder);
    }
    gcc.arg(musl.join("crt1.o")).arg(musl.join("crti.o")).arg("guest.c").arg(musl.join("libc.a")).arg(libgcc).arg(musl.join("crtn.o"));
    // Relative, so that no folder of this machine is in it.
    gcc.arg("-o").arg(out).current_dir(ground.path("tools/linux"));
    must(&mut gcc, "gcc -m32 guest.c")
}

fn find(folder: &Path, name: &str) -> Done<PathBuf> {
    let found = fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path().join(name))).find(|path| path.is_file());
    found.ok_or_else(|| Stop::Failed(format!("there is no {name} below {}", folder.display())))
}
