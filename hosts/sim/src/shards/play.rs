//! The scenarios: requests to thousands of keys while all goes wrong; then all is healed, and everything must be there, once.
use super::{Lie, Mesh, Strain, check::STEADY, machine::Event, mesh::Item};
use crate::{Expect, Outcome, Tally, Watch, run::unharmed};
use peerd_journal::Image;
use peerd_mesh::{Input, Shard};
use std::collections::{BTreeMap, BTreeSet};

/// Longer than a term, a seal and an outage together.
const CALM_MS: u64 = 90_000;

/// Twice: the second time must tell the same story.
pub(crate) fn run(expect: Expect, play: fn(u64, bool) -> Mesh, is_twice: bool, seed: u64, watch: Watch) -> Outcome {
    let once = |keeps| {
        let mesh = play(seed, keeps);
        let (ms, turns) = (mesh.now, mesh.turns);
        let (verdict, hash, meshed, transcript) = mesh.finish();
        Outcome { transcript, facts: Vec::new(), hash, ms, tally: Tally { turns, meshed, ..Tally::default() }, result: verdict }
    };
    let (first, again) = match unharmed(|| (once(watch == Watch::All), is_twice.then(|| once(false).hash))) {
        Ok(both) => both,
        Err(bug) => return Outcome::of_a_bug(bug),
    };
    let result = match (expect, first.result) {
        _ if again.is_some_and(|again| again != first.hash) => Err("C16: the same seed told two stories".into()),
        (Expect::Pass, verdict) => verdict,
        (Expect::Fail, Err(_)) => Ok(()),
        (Expect::Fail, Ok(())) => Err("the canary lives: a mesh that must fail passed".into()),
    };
    Outcome { result, ..first }
}

pub(crate) fn strained(seed: u64, keeps: bool) -> Mesh {
    let (shards, hosts) = (1 + seed % 7, 1 + seed % 4);
    let mut mesh = Mesh::new(seed, shards as u32, 4 * shards, hosts, keeps);
    let steps = mesh.draw.between(20, 120);
    strain(&mut mesh, steps);
    settle_down(&mut mesh);
    mesh
}

/// 256 shards with ten thousand actors each.
pub(crate) fn thousands(seed: u64, keeps: bool) -> Mesh {
    const SHARDS: u32 = 256;
    const EACH: u64 = 10_000;
    let mut mesh = Mesh::new(seed, SHARDS, u64::from(SHARDS) * EACH, 5, keeps);
    mesh.advance(5_000);
    for key in 0..mesh.keys {
        let at = mesh.living()[key as usize % mesh.living().len()];
        mesh.request(at, key, false, 60_000);
        if key % 5_000 == 0 {
            mesh.advance(50);
        }
        if key % 100_000 == 50_000 {
            any_strain(&mut mesh);
        }
    }
    strain(&mut mesh, 200);
    settle_down(&mut mesh);
    mesh
}

/// The checkers hear of something that did not happen.
pub(crate) fn canary(seed: u64, keeps: bool) -> Mesh {
    let mut mesh = Mesh::new(seed, 2, 8, 2, keeps);
    let lie = *mesh.draw.pick(&Lie::ALL).expect("there are some");
    deceive(&mut mesh, lie);
    mesh
}

fn deceive(mesh: &mut Mesh, lie: Lie) {
    mesh.advance(5_000);
    mesh.request(0, 1, false, 5_000);
    mesh.advance(5_000);
    mesh.lie(lie);
    settle_down(mesh);
}

fn strain(mesh: &mut Mesh, steps: u64) {
    for _ in 0..steps {
        if mesh.failed() {
            return;
        }
        for _ in 0..mesh.draw.below(6) {
            let living = mesh.living();
            let at = *mesh.draw.pick(&living).expect("somebody lives");
            let (key, pays, ms) = (mesh.draw.below(mesh.keys), mesh.draw.one_in(2), mesh.draw.between(1, 20_000));
            mesh.request(at, key, pays, ms);
        }
        if mesh.draw.one_in(4) {
            any_strain(mesh);
        }
        let ms = if mesh.draw.one_in(10) { mesh.draw.below(20_000) } else { mesh.draw.below(800) };
        mesh.advance(ms);
    }
}

fn any_strain(mesh: &mut Mesh) {
    let strain = *mesh.draw.pick(&Strain::ALL).expect("there are some");
    let living = mesh.living();
    let at = *mesh.draw.pick(&living).expect("somebody lives");
    let other = *mesh.draw.pick(&living).expect("somebody lives");
    let ms = mesh.draw.between(1, 40_000);
    match strain {
        Strain::Kill | Strain::Leave if living.len() < 2 => return,
        Strain::Parted if at == other => return,
        Strain::Join if living.len() > 5 => return,
        Strain::Kill => kill(mesh, at),
        Strain::Join => mesh.join(),
        Strain::Leave => {
            if mesh.machines[at].is_frozen {
                return;
            }
            mesh.machines[at].leaves = true;
            mesh.tell_host(at, Input::Leave);
        }
        Strain::Freeze | Strain::Sleep => {
            if mesh.machines[at].is_frozen {
                return;
            }
            mesh.machines[at].is_frozen = true;
            let slept_ms = (strain == Strain::Sleep).then_some(ms);
            mesh.later(ms, Item::To(at, Event::Thaw { slept_ms }));
        }
        Strain::Unheard => {
            if !mesh.unheard.remove(&at) {
                mesh.unheard.insert(at);
            }
        }
        Strain::Parted => {
            mesh.parted.insert((at.min(other), at.max(other)), mesh.now + ms);
        }
        Strain::Slow => mesh.store_ms = 1 << mesh.draw.below(14),
        Strain::StoreLost => mesh.store_fails = true,
        Strain::Move => {
            let shard = Shard(mesh.draw.below(u64::from(mesh.shards)) as u32);
            if let Some(to) = mesh.machines[other].host.id().filter(|_| !mesh.machines[at].is_frozen) {
                mesh.tell_host(at, Input::Move { shard, to });
            }
        }
    }
    mesh.count(strain);
}

fn kill(mesh: &mut Mesh, at: usize) {
    mesh.machines[at].is_alive = false;
    for lease in mesh.machines[at].host.leases().collect::<Vec<_>>() {
        // What a later owner has read it has flushed, too.
        let is_last = mesh.checks.is_newest(lease);
        let torn =
            mesh.machines[at].vats.get(&lease.shard).filter(|running| running.epoch == lease.epoch).and_then(|running| running.flight);
        if let Some((file, length)) = torn.filter(|_| is_last && mesh.draw.one_in(2)) {
            mesh.disks[lease.shard.0 as usize].tear(file, length);
        }
    }
    mesh.machines[at].vats.keys().copied().collect::<Vec<_>>().into_iter().for_each(|shard| {
        let epoch = mesh.machines[at].vats[&shard].epoch;
        mesh.stop(at, peerd_mesh::Lease { shard, epoch }, "killed");
    });
}

/// All is healed: each shard is somebody's, all have about the same, whoever asks is answered, and each journal tells the same.
fn settle_down(mesh: &mut Mesh) {
    mesh.heal();
    mesh.advance(CALM_MS);
    let mut loads: BTreeMap<usize, u32> = mesh.living().into_iter().map(|at| (at, 0)).collect();
    for shard in (0..mesh.shards).map(Shard) {
        mesh.checks.counts[STEADY] += 1;
        match mesh.owner(shard) {
            Some((at, _)) => *loads.entry(at).or_default() += 1,
            None => mesh.fail(&format!("shard-steady: nobody runs {shard:?}")),
        }
    }
    let (least, most) = (loads.values().min().copied().unwrap_or(0), loads.values().max().copied().unwrap_or(0));
    if most > least + 1 {
        mesh.fail(&format!("shard-steady: hosts have {least} to {most} shards"));
    }
    let at = mesh.living()[0];
    let asked: Vec<u64> = (0..mesh.keys.min(1_000)).map(|key| mesh.request(at, key, true, 5_000)).collect();
    mesh.advance(CALM_MS);
    if let Some(number) = asked.into_iter().find(|number| !mesh.checks.is_answered(*number)) {
        mesh.fail(&format!("shard-steady: {number} was not answered though all is well"));
    }
    match kept(mesh) {
        Ok((counted, paid, till)) => {
            let verdict = mesh.checks.kept(&counted, &paid, &till);
            mesh.judge(verdict);
        }
        Err(why) => mesh.fail(&why),
    }
}

type Kept = (BTreeMap<u64, u32>, BTreeSet<u64>, BTreeMap<u64, u32>);

/// What the journals of all shards have.
fn kept(mesh: &Mesh) -> Result<Kept, String> {
    let (mut counted, mut paid, mut till) = Kept::default();
    for (vat, disk) in (1..).zip(&mesh.disks) {
        let Image { actors, .. } = disk.image(vat)?;
        for actor in actors.values() {
            for (number, what) in &actor.map {
                let number: u64 = String::from_utf8_lossy(number).parse().map_err(|_| "a number that is none")?;
                let book = if actor.behaviour == "till" { &mut till } else { &mut counted };
                *book.entry(number).or_default() += 1;
                if what == b"p" {
                    paid.insert(number);
                }
            }
        }
    }
    Ok((counted, paid, till))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lie_trips_its_own_checker() {
        for lie in Lie::ALL {
            let mut mesh = Mesh::new(1, 2, 8, 2, false);
            deceive(&mut mesh, lie);
            let why = mesh.finish().0.err().unwrap_or_else(|| "nothing".into());
            assert!(why.starts_with(lie.checker()), "{lie:?} gave: {why}");
        }
    }
}
