//! Placement: who gets a shard that nobody has, and who gives one up so that all have about the same.
use crate::{HostId, Shard};
use alloc::{collections::BTreeMap, vec::Vec};

/// Limit: shards on their way to another host at one time. What moves answers late.
pub(crate) const MOVING_MAX: usize = 8;

/// Of one shard, as placement sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seat {
    pub by: Option<HostId>,
    pub is_moving: bool,
    /// Somebody has asked for it to be there.
    pub wanted: Option<HostId>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub grants: Vec<(Shard, HostId)>,
    pub yields: Vec<Shard>,
}

/// Free shards go to whoever has fewest. Beside that as few move as make any two hosts differ by one at most: a host that joins
/// takes its share from the fullest, one that leaves has its own taken.
pub(crate) fn plan(mut seats: Vec<Seat>, members: &[HostId]) -> Plan {
    let mut plan = Plan::default();
    let mut loads: BTreeMap<HostId, usize> = members.iter().map(|host| (*host, 0)).collect();
    if loads.is_empty() {
        return plan;
    }
    seats.iter_mut().for_each(|seat| seat.wanted = seat.wanted.filter(|wanted| loads.contains_key(wanted)));
    for seat in seats.iter().filter(|seat| !seat.is_moving) {
        if let Some(load) = seat.by.and_then(|by| loads.get_mut(&by)) {
            *load += 1;
        }
    }
    let mut yields = Vec::new();
    for (shard, seat) in (0..).map(Shard).zip(&seats) {
        match seat.by {
            None => {
                let to = seat.wanted.unwrap_or_else(|| least(&loads));
                plan.grants.push((shard, to));
                *loads.get_mut(&to).expect("one of the members") += 1;
            }
            // It leaves, and what it has goes; or the shard was asked for elsewhere.
            Some(by) if !seat.is_moving && (!loads.contains_key(&by) || seat.wanted.is_some()) => yields.push(shard),
            Some(_) => {}
        }
    }
    // What is on its way, or will be, will be somebody's: the least loaded ones'.
    let moving = seats.iter().filter(|seat| seat.is_moving).count();
    for shard in &yields {
        if let Some(load) = seats[shard.0 as usize].by.and_then(|by| loads.get_mut(&by)) {
            *load -= 1;
        }
    }
    for _ in 0..moving + yields.len() {
        *loads.get_mut(&least(&loads)).expect("one of the members") += 1;
    }
    for (shard, seat) in (0..).map(Shard).zip(&seats).filter(|(_, seat)| !seat.is_moving && seat.wanted.is_none()) {
        let Some(by) = seat.by.filter(|by| loads.contains_key(by)) else { continue };
        let to = least(&loads);
        if loads[&by] > loads[&to] + 1 {
            yields.push(shard);
            *loads.get_mut(&by).expect("looked at above") -= 1;
            *loads.get_mut(&to).expect("one of the members") += 1;
        }
    }
    yields.truncate(MOVING_MAX.saturating_sub(moving));
    plan.yields = yields;
    plan
}

fn least(loads: &BTreeMap<HostId, usize>) -> HostId {
    *loads.iter().min_by_key(|(host, load)| (**load, **host)).expect("there are members").0
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn seats(by: &[u32]) -> Vec<Seat> {
        by.iter().map(|by| Seat { by: (*by > 0).then_some(HostId(*by)), is_moving: false, wanted: None }).collect()
    }

    fn hosts(ids: &[u32]) -> Vec<HostId> {
        ids.iter().map(|id| HostId(*id)).collect()
    }

    /// All that is planned happens, and again until there is nothing to do. How many shards moved.
    fn settle(seats: &mut [Seat], members: &[HostId]) -> usize {
        let mut moved = 0;
        loop {
            let Plan { grants, yields } = plan(seats.to_vec(), members);
            if grants.is_empty() && yields.is_empty() {
                return moved;
            }
            grants.iter().for_each(|(shard, to)| seats[shard.0 as usize] = Seat { by: Some(*to), is_moving: false, wanted: None });
            yields.iter().for_each(|shard| seats[shard.0 as usize].by = None);
            moved += yields.len();
            assert!(yields.len() <= MOVING_MAX && moved <= seats.len());
        }
    }

    fn loads(seats: &[Seat], members: &[HostId]) -> Vec<usize> {
        members.iter().map(|host| seats.iter().filter(|seat| seat.by == Some(*host)).count()).collect()
    }

    #[test]
    fn an_empty_cluster_is_dealt_out_evenly_and_nothing_moves_after_that() {
        let (mut seats, members) = (seats(&[0; 10]), hosts(&[1, 2, 3]));
        assert_eq!((settle(&mut seats, &members), loads(&seats, &members)), (0, vec![4, 3, 3]));
    }

    #[test]
    fn who_joins_is_given_its_share_and_no_more_moves_than_that() {
        let (mut seats, members) = (seats(&[0; 256]), hosts(&[1, 2, 3, 4]));
        settle(&mut seats, &members[..3]);
        assert_eq!((settle(&mut seats, &members), loads(&seats, &members)), (64, vec![64; 4]));
    }

    #[test]
    fn of_who_leaves_only_its_own_move() {
        let (mut seats, members) = (seats(&[0; 256]), hosts(&[1, 2, 3, 4]));
        settle(&mut seats, &members);
        assert_eq!(settle(&mut seats, &members[1..]), 64);
        assert_eq!(loads(&seats, &members[1..]), [86, 85, 85]);
    }

    #[test]
    fn what_was_asked_for_elsewhere_goes_there_and_something_else_comes_back() {
        let (mut seats, members) = (seats(&[1, 1, 2, 2]), hosts(&[1, 2]));
        seats[0].wanted = Some(HostId(2));
        assert_eq!(plan(seats.clone(), &members).yields, [Shard(0)]);
        seats[0].by = None;
        assert_eq!(plan(seats.clone(), &members).grants, [(Shard(0), HostId(2))]);
        settle(&mut seats, &members);
        assert_eq!(loads(&seats, &members), [2, 2]);
    }

    #[test]
    fn without_hosts_nothing_is_planned() {
        assert_eq!(plan(seats(&[1, 0]), &[]), Plan::default());
    }
}
