//! Whether both directions of connections are to be seen here, or one only: by a mirror of one direction, say, or by routes that differ.

use std::{collections::HashMap, net::IpAddr};

use super::{
    happening::{Happening, Sight},
    who::Who,
};

/// So many connections of which one side is seen may be chance: the other side's packets were lost, or came before the capture.
const CHANCE: u64 = 16;

/// What was seen counts half after so long.
const HALF: u64 = 60_000_000_000;

/// In that time so many connections between two networks count: nobody is to blind others by connections that he leaves half done.
const EACH: u8 = 4;

/// Pairs of networks of which that is known.
const MOST: usize = 4_096;

/// How many connections were seen from one side, and how many from both.
#[derive(Debug, Default)]
pub(crate) struct Sides {
    one: u64,
    both: u64,
    halved: u64,
    /// How many of each were counted, by the networks of their ends.
    pairs: HashMap<(Who, Who), [u8; 2], foldhash::fast::RandomState>,
}

impl Sides {
    /// Whether that says something.
    pub(crate) fn see(&mut self, sight: &Sight) -> bool {
        let one = match sight.what {
            Happening::TcpOneSided => true,
            Happening::TcpAnswered | Happening::TcpRefused => false,
            _ => return false,
        };
        let place =
            (network(sight.source).min(network(sight.target)), network(sight.source).max(network(sight.target)));
        if self.pairs.len() >= MOST && !self.pairs.contains_key(&place) {
            return false;
        }
        let counted = &mut self.pairs.entry(place).or_default()[usize::from(one)];
        if *counted >= EACH {
            return false;
        }
        *counted += 1;
        *(if one { &mut self.one } else { &mut self.both }) += 1;
        true
    }

    /// Whether most are seen from one side only.
    pub(crate) fn are_one(&self) -> bool {
        self.one >= CHANCE && self.one > self.both
    }

    /// It is that late.
    pub(crate) fn advance(&mut self, now: u64) {
        if now.abs_diff(self.halved) >= HALF {
            (self.one, self.both, self.halved) = (self.one / 2, self.both / 2, now);
            self.pairs.clear();
        }
    }
}

/// What belongs together as a rule: 256 addresses of IPv4, a /64 of IPv6.
fn network(who: Who) -> Who {
    match who.address() {
        Some(IpAddr::V6(_)) => Who(who.0 & !u128::from(u64::MAX)),
        _ => who.net(),
    }
}
