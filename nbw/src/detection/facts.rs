//! A digest as the engine sees it: decoded by what decodes captures.

use nbw_common::abi::{Digest, HEAD};
use nbw_detect::{
    Direction, Facts,
    capture::{LinkType, body},
};

use super::clock::Clock;

/// What is known of the packet.
pub fn facts(digest: &Digest, clock: &Clock) -> Facts {
    let link_type = if digest.ethernet == 0 { LinkType::RAW } else { LinkType::ETHERNET };
    let captured = usize::from(digest.captured).min(HEAD);
    Facts {
        time: clock.wall(digest.time),
        link: digest.ifindex,
        direction: if digest.outgoing == 0 { Direction::In } else { Direction::Out },
        weight: digest.weight,
        frames: digest.frames,
        bytes: digest.bytes,
        body: body(link_type, &digest.head[..captured], digest.length),
    }
}
