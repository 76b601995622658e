//! The scenarios of linked vats: talkers say, call, watch, link and kill across a network in trouble; then all is healed.
use super::{Lie, cluster::Cluster, network::Trouble};
use crate::{Expect, Outcome, Tally, Watch, run::unharmed};

/// Longer than any call or delay.
const CALM_MS: u64 = 60_000;

fn vats(seed: u64) -> u32 {
    2 + (seed % 4) as u32
}

/// Twice: the second time must tell the same story.
pub(crate) fn run(expect: Expect, play: fn(&mut Cluster), seed: u64, watch: Watch) -> Outcome {
    let once = |keeps| {
        let mut cluster = Cluster::new(seed, vats(seed), keeps);
        play(&mut cluster);
        let (ms, turns, facts) = (cluster.now().0, cluster.turns, cluster.facts);
        let (verdict, hash, linked, transcript) = cluster.finish();
        Outcome { transcript, facts: Vec::new(), hash, ms, tally: Tally { turns, facts, linked, ..Tally::default() }, result: verdict }
    };
    let (first, again) = match unharmed(|| (once(watch == Watch::All), once(false))) {
        Ok(both) => both,
        Err(bug) => return Outcome::of_a_bug(bug),
    };
    let result = match (expect, first.result) {
        _ if first.hash != again.hash => Err("C16: the same seed told two stories".into()),
        (Expect::Pass, verdict) => verdict,
        (Expect::Fail, Err(_)) => Ok(()),
        (Expect::Fail, Ok(())) => Err("the canary lives: a cluster that must fail passed".into()),
    };
    Outcome { result, ..first }
}

/// Delays only: nothing is lost, so everything is heard.
pub(crate) fn steady(cluster: &mut Cluster) {
    cluster.loses_nothing();
    people(cluster);
    for _ in 0..cluster.draw.between(20, 120) {
        act(cluster);
        if cluster.draw.one_in(6) {
            any_trouble(cluster, &[Trouble::Delay, Trouble::Slow]);
        }
    }
    settle_down(cluster);
}

pub(crate) fn lossy(cluster: &mut Cluster) {
    people(cluster);
    for _ in 0..cluster.draw.between(20, 150) {
        act(cluster);
        if cluster.draw.one_in(5) {
            any_trouble(cluster, &Trouble::ALL);
        }
        if cluster.draw.one_in(4) {
            let (one, other) = cluster.any_pair();
            cluster.connect(one, other);
        }
        if cluster.draw.one_in(8) {
            let pairs = cluster.pairs();
            cluster.heal(pairs);
            cluster.introduce();
        }
    }
    settle_down(cluster);
}

/// Only the first vat is connected to all others, which know each other by it: what they say to each other it carries.
pub(crate) fn carried(cluster: &mut Cluster) {
    people(cluster);
    for pair in cluster.pairs().into_iter().filter(|(one, _)| one.0 != 1) {
        cluster.cut(pair);
    }
    for _ in 0..cluster.draw.between(20, 150) {
        let names = cluster.names();
        let of_first: Vec<&String> = names.iter().filter(|name| name.starts_with("1.")).collect();
        if let (Some(by), Some(whom), Some(third)) = (cluster.draw.pick(&of_first), cluster.draw.pick(&names), cluster.draw.pick(&names)) {
            cluster.tell(by, &format!("pass {whom} {third}"));
        }
        act(cluster);
        if cluster.draw.one_in(8) {
            any_trouble(cluster, &Trouble::ALL);
        }
        if cluster.draw.one_in(4) {
            let pairs = cluster.pairs();
            let (one, other) = pairs[cluster.draw.below(pairs.len() as u64) as usize];
            if one.0 == 1 || cluster.draw.one_in(6) {
                cluster.connect(one, other);
            }
        }
    }
    calm_by_the_first(cluster);
    settle_down(cluster);
}

/// All is healed, but only the first vat is connected to the others: whoever it makes known to each other hear from each other.
fn calm_by_the_first(cluster: &mut Cluster) {
    for pair in cluster.pairs().into_iter().filter(|(one, _)| one.0 != 1) {
        cluster.cut(pair);
    }
    let by_first = cluster.pairs().into_iter().filter(|(one, _)| one.0 == 1).collect();
    cluster.heal(by_first);
    cluster.advance(CALM_MS);
    cluster.judge_quiet();
    let first = cluster.ids()[0];
    cluster.spawn(first);
    cluster.introduce();
    cluster.settle();
    let names = cluster.names();
    let by = names.iter().find(|name| name.starts_with("1.")).cloned().unwrap_or_default();
    for (whom, third) in names.iter().flat_map(|whom| names.iter().map(move |third| (whom, third))) {
        cluster.tell(&by, &format!("pass {whom} {third}"));
    }
    cluster.settle();
    all_hear(cluster);
}

/// The checkers hear of something that did not happen.
pub(crate) fn canary(cluster: &mut Cluster) {
    let lie = *cluster.draw.pick(&Lie::ALL).expect("there are some");
    deceived(cluster, lie);
}

/// The same with a lie of one's choice.
#[cfg(test)]
pub(crate) fn lied_to(lie: Lie, seed: u64) -> Result<(), String> {
    let mut cluster = Cluster::new(seed, vats(seed), false);
    deceived(&mut cluster, lie);
    cluster.finish().0
}

/// Has an occasion for every lie. What is cut has nothing under way.
fn deceived(cluster: &mut Cluster, lie: Lie) {
    cluster.loses_nothing();
    people(cluster);
    let names = cluster.names();
    let (one, other) = (names[0].clone(), names[names.len() - 1].clone());
    all_say(cluster, &names);
    for order in ["call", "watch"] {
        cluster.tell(&other, &format!("{order} {one}"));
        cluster.advance(10);
    }
    cluster.lie(lie);
    cluster.tell(&one, &format!("say {other}"));
    cluster.tell(&other, &format!("call {one}"));
    cluster.tell(&one, &format!("say {other}"));
    cluster.settle();
    cluster.trouble(Trouble::Reset);
    for pair in cluster.pairs() {
        cluster.cut(pair);
    }
    settle_down(cluster);
}

fn people(cluster: &mut Cluster) {
    for id in cluster.ids() {
        for _ in 0..cluster.draw.between(1, 4) {
            cluster.spawn(id);
        }
    }
    cluster.settle();
    cluster.introduce();
    cluster.settle();
}

fn any_trouble(cluster: &mut Cluster, of: &[Trouble]) {
    let trouble = *cluster.draw.pick(of).expect("there are some");
    cluster.trouble(trouble);
}

fn act(cluster: &mut Cluster) {
    let names = cluster.names();
    let (Some(who), Some(whom)) = (cluster.draw.pick(&names).cloned(), cluster.draw.pick(&names).cloned()) else { return };
    match cluster.draw.below(26) {
        0..=5 => cluster.tell(&who, &format!("say {whom}")),
        6..=8 => {
            let ms = cluster.draw.between(1, 3_000);
            cluster.tell(&who, &format!("call {whom} {ms}"));
        }
        9 => cluster.tell(&who, &format!("watch {whom}")),
        10 => {
            let vat = 1 + cluster.draw.below(cluster.ids().len() as u64);
            cluster.tell(&who, &format!("watch v{vat}"));
        }
        11 => cluster.tell(&who, &format!("unwatch {whom}")),
        12 => cluster.tell(&who, &format!("link {whom}")),
        13 => cluster.tell(&who, &format!("unlink {whom}")),
        14 if cluster.draw.one_in(3) => cluster.tell(&who, &format!("exit {whom}")),
        15 if cluster.draw.one_in(4) => cluster.tell(&who, "stop"),
        16 if cluster.draw.one_in(4) => cluster.tell(&who, "crash"),
        17 => {
            let third = cluster.draw.pick(&names).cloned().unwrap_or_default();
            cluster.tell(&who, &format!("pass {whom} {third}"));
        }
        18 if cluster.draw.one_in(4) => {
            let id = cluster.any_vat();
            cluster.spawn(id);
        }
        // More than a window.
        19 if cluster.draw.one_in(4) => {
            for _ in 0..300 {
                cluster.tell(&who, &format!("say {whom}"));
            }
        }
        20 | 21 => cluster.tell(&who, &format!("system {whom}")),
        22 => cluster.tell(&who, &format!("lend-book {whom}")),
        23 | 24 => cluster.tell(&who, &format!("write {whom}")),
        _ => cluster.tell(&who, &format!("forget {whom}")),
    }
    match cluster.draw.below(4) {
        0 => cluster.settle(),
        1 => {
            let ms = cluster.draw.below(200);
            cluster.advance(ms);
        }
        _ => cluster.nudge(),
    }
}

/// All is healed and everything arrives; then everybody hears from everybody who lives.
fn settle_down(cluster: &mut Cluster) {
    let pairs = cluster.pairs();
    cluster.heal(pairs);
    cluster.advance(CALM_MS);
    cluster.judge_quiet();
    cluster.introduce();
    cluster.settle();
    all_hear(cluster);
    for who in &cluster.names() {
        cluster.tell(who, "stop");
    }
    cluster.advance(CALM_MS);
    cluster.judge_quiet();
}

fn all_hear(cluster: &mut Cluster) {
    cluster.heard();
    let names = cluster.names();
    all_say(cluster, &names);
    cluster.advance(CALM_MS);
    let heard = cluster.heard();
    let all = names.iter().all(|who| names.iter().all(|whom| who == whom || heard.contains(&(who.clone(), whom.clone()))));
    cluster.require(all || cluster.failed(), "everybody hears from everybody");
}

fn all_say(cluster: &mut Cluster, names: &[String]) {
    for who in names {
        for whom in names.iter().filter(|whom| *whom != who) {
            cluster.tell(who, &format!("say {whom}"));
        }
    }
    cluster.settle();
}
