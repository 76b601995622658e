//! An image: what a machine boots from, and image.json, which names it by the hash of all of it.
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};

use super::Recipe;
use super::cpio::{Entry, Tree, archive};
use super::guest;
use super::packages::{Debian, Package};
use crate::ground::{Done, Ground, Stop, answer, files_below, must};
use crate::setup;

/// In the order in which they load.
const MODULES: [&str; 6] = [
    "drivers/virtio/virtio.ko",
    "drivers/virtio/virtio_ring.ko",
    "drivers/virtio/virtio_pci_legacy_dev.ko",
    "drivers/virtio/virtio_pci_modern_dev.ko",
    "drivers/virtio/virtio_pci.ko",
    "drivers/char/virtio_console.ko",
];
const DISK_MODULES: [&str; 11] = [
    "drivers/scsi/scsi_common.ko",
    "drivers/scsi/scsi_mod.ko",
    "drivers/ata/libata.ko",
    "drivers/ata/ata_piix.ko",
    "crypto/crct10dif_common.ko",
    "lib/crc-t10dif.ko",
    "lib/crc64.ko",
    "lib/crc64-rocksoft.ko",
    "block/t10-pi.ko",
    "drivers/scsi/sd_mod.ko",
    "fs/squashfs/squashfs.ko",
];

/// No mitigations, because the processor they are for is not here; no tests of ciphers, because they take as long as all the rest.
const CMDLINE: &str =
    "console=ttyS0 quiet mitigations=off nowatchdog random.trust_cpu=on tsc=reliable cryptomgr.notests lsm= audit=0 ipv6.disable=1";

/// Not for a machine that one works on: documentation, translations, what only builds or installs need.
const LEFT_OUT: [&str; 9] = [
    "usr/share/doc",
    "usr/share/man",
    "usr/share/info",
    "usr/share/locale",
    "usr/share/lintian",
    "usr/share/bug",
    "usr/lib/i386-linux-gnu/gconv",
    "usr/share/perl/5.36.0/unicore/lib",
    "var/cache",
];

pub fn build(ground: &Ground, recipe: &Recipe, folder: &Path) -> Done {
    let debian = Debian::open(ground)?;
    let work = ground.path("target/linux/work").join(recipe.name);
    let _ = fs::remove_dir_all(&work);
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder)?;

    let kernel_name = debian.dependency("linux-image-686", "linux-image-")?;
    let base = debian.alone(&[&kernel_name, "busybox-static", "seabios"])?;
    for package in &base {
        package.unpack(&work.join("base"))?;
    }
    let program = work.join("peerd-guest");
    guest::compile(ground, &debian, &program)?;

    let release = kernel_name.trim_start_matches("linux-image-");
    let base_folder = work.join("base");
    fs::copy(base_folder.join(format!("boot/vmlinuz-{release}")), folder.join("kernel"))?;
    fs::copy(base_folder.join("usr/share/seabios/bios.bin"), folder.join("bios.bin"))?;
    fs::copy(base_folder.join("usr/share/seabios/vgabios-stdvga.bin"), folder.join("vgabios.bin"))?;
    let tree = initrd(ground, recipe, &base_folder, release, &program)?;
    fs::write(folder.join("initrd"), gzipped(&archive(&tree))?)?;

    let mut packages = base;
    packages.extend(debian.alone(&["musl-dev"])?);
    if !recipe.disk.is_empty() {
        let on_disk = debian.whole(recipe.disk)?;
        disk(ground, &on_disk, &work.join("disk"), &program, &folder.join("disk"))?;
        packages.extend(on_disk);
    }
    notices(&packages, &work, &folder.join("NOTICES.gz"))?;
    let told = describe(recipe, &packages, folder)?;
    fs::write(folder.join("image.json"), serde_json::to_vec_pretty(&told).expect("a tree of strings is JSON"))?;
    Ok(fs::remove_dir_all(&work)?)
}

fn initrd(ground: &Ground, recipe: &Recipe, base: &Path, release: &str, program: &Path) -> Done<Tree> {
    let mut tree = Tree::new();
    for folder in
        ["bin", "dev", "disk", "etc", "home", "home/user", "modules", "proc", "root", "run", "sbin", "sys", "tmp", "usr", "usr/bin"]
    {
        tree.insert(folder.into(), Entry::Folder { mode: 0o755 });
    }
    let mut file = |path: &str, mode: u32, bytes: Vec<u8>| tree.insert(path.into(), Entry::File { mode, bytes });
    file("init", 0o755, fs::read(ground.path("tools/linux/init"))?);
    file("bin/busybox", 0o755, fs::read(base.join("bin/busybox"))?);
    file("sbin/peerd-guest", 0o700, fs::read(program)?);
    for name in ["passwd", "group", "profile"] {
        file(&format!("etc/{name}"), 0o644, fs::read(ground.path("tools/linux").join(name))?);
    }
    let with_disk = !recipe.disk.is_empty();
    let modules = MODULES.iter().chain(DISK_MODULES.iter().filter(|_| with_disk));
    let mut order = String::new();
    for module in modules {
        let from = base.join("lib/modules").join(release).join("kernel").join(module);
        let name = module.rsplit('/').next().unwrap_or(module);
        // What one kernel has as a module, the next may have built in.
        if let Ok(bytes) = fs::read(from) {
            file(&format!("modules/{name}"), 0o600, bytes);
            order += name;
            order.push('\n');
        }
    }
    file("modules/order", 0o600, order.into_bytes());
    if with_disk {
        file("modules/disk", 0o600, Vec::new());
    }
    tree.insert("dev/console".into(), Entry::Device { mode: 0o600, major: 5, minor: 1 });
    Ok(tree)
}

/// The packages' files as a disk that can only be read. Nothing of theirs is run: what installing would set up, we write.
fn disk(ground: &Ground, packages: &[Package], root: &Path, program: &Path, out: &Path) -> Done {
    if !setup::there(&["mksquashfs"], "squashfs-tools") {
        return Err(Stop::Lacking("there is no mksquashfs here (on Debian: apt-get install squashfs-tools)".into()));
    }
    for package in packages {
        package.unpack(root)?;
    }
    for name in LEFT_OUT {
        let _ = fs::remove_dir_all(root.join(name));
    }
    for name in ["dev", "proc", "sys", "tmp", "run", "home/user", "root", "etc"] {
        fs::create_dir_all(root.join(name))?;
    }
    for name in ["passwd", "group", "profile"] {
        let text = fs::read_to_string(ground.path("tools/linux").join(name))?;
        fs::write(root.join("etc").join(name), text.replace(":/home/user:/bin/sh", ":/home/user:/bin/bash"))?;
    }
    fs::write(root.join("etc/hosts"), "127.0.0.1 localhost peerd\n")?;
    for (from, to) in [("usr/bin/awk", "mawk"), ("usr/bin/pager", "less"), ("usr/bin/python", "python3")] {
        if root.join("usr/bin").join(to).exists() && !root.join(from).exists() {
            std::os::unix::fs::symlink(to, root.join(from))?;
        }
    }
    // The shell of scripts is another package's in a system that is installed.
    if !root.join("bin/sh").exists() {
        std::os::unix::fs::symlink("bash", root.join("bin/sh"))?;
    }
    fs::copy(program, root.join("sbin/peerd-guest"))?;
    let mut squash = Command::new("mksquashfs");
    squash.arg(root).arg(out).args(["-noappend", "-quiet", "-no-progress", "-no-xattrs", "-all-root", "-comp", "gzip", "-b", "65536"]);
    squash.args(["-mkfs-time", "0", "-all-time", "0"]).stdout(std::process::Stdio::null());
    must(&mut squash, "mksquashfs")
}

fn gzipped(bytes: &[u8]) -> Done<Vec<u8>> {
    let mut packer = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    packer.write_all(bytes)?;
    Ok(packer.finish()?)
}

/// Every package's terms, which travel with what was made from it.
fn notices(packages: &[Package], work: &Path, out: &Path) -> Done {
    let mut all = String::new();
    let terms = work.join("terms");
    for package in packages {
        package.unpack(&terms)?;
        let path = terms.join("usr/share/doc").join(&package.name).join("copyright");
        let text = fs::read(&path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        all += &format!("==== {} {} (Debian source package: {})\n\n{text}\n\n", package.name, package.version, package.source);
    }
    Ok(fs::write(out, gzipped(all.as_bytes())?)?)
}

fn describe(recipe: &Recipe, packages: &[Package], folder: &Path) -> Done<Value> {
    let mut files = serde_json::Map::new();
    let mut all = String::new();
    for name in files_below(folder)? {
        let hash = sha256(&folder.join(&name))?;
        let bytes = fs::metadata(folder.join(&name))?.len();
        all += &format!("{} {hash}\n", name.display());
        files.insert(name.display().to_string(), json!({"bytes": bytes, "sha256": hash}));
    }
    all += &format!("{CMDLINE} {}\n", recipe.memory_mb);
    let list = folder.join("hashes");
    fs::write(&list, all)?;
    let hash = sha256(&list)?;
    fs::remove_file(list)?;
    let packages: Vec<Value> =
        packages.iter().map(|each| json!({"package": each.name, "version": each.version, "source": each.source})).collect();
    Ok(json!({"image": recipe.name, "hash": hash, "memory_mb": recipe.memory_mb, "cmdline": CMDLINE, "files": files, "packages": packages}))
}

fn sha256(path: &Path) -> Done<String> {
    let told = answer(Command::new("sha256sum").arg(path)).unwrap_or_default();
    told.split_whitespace()
        .next()
        .map(|hash| hash.trim_start_matches('\\').to_owned())
        .ok_or_else(|| Stop::Failed("sha256sum said nothing".into()))
}
