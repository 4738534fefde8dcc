//! A digest as the engine sees it: decoded by what decodes captures.

use nbw_common::{
    abi::{Digest, Flags, HEAD},
    class::{self, Sampling},
};
use nbw_detect::{
    Direction, Facts,
    capture::{LinkType, body},
};

use super::clock::Clock;

/// What is known of the packet.
pub fn facts(digest: &Digest, clock: &Clock) -> Facts {
    let flags = Flags::of(digest.flags);
    let link_type = if flags.ethernet { LinkType::ETHERNET } else { LinkType::RAW };
    let captured = usize::from(digest.captured).min(HEAD);
    Facts {
        time: clock.steady(digest.time),
        link: digest.ifindex,
        direction: if digest.outgoing == 0 { Direction::In } else { Direction::Out },
        weight: digest.weight,
        by_chance: by_chance(digest, flags),
        followed: followed(digest, flags),
        frames: digest.frames,
        bytes: digest.bytes,
        body: body(link_type, &digest.head[..captured], digest.length),
    }
}

/// Whether packets like it are chosen alone when there are too many: what belongs to them perhaps is not. Of the connections inside
/// of a tunnel that holds for all, whatever they are; and of those that are seen before there are too many, too.
fn by_chance(digest: &Digest, flags: Flags) -> bool {
    flags.alone || class::sampling(digest.class.into()) == Sampling::Packets
}

/// How many connections one stands for of which all packets come where its end is watched. What a tunnel carries is not chosen
/// by its connections: all of it comes, or nothing is sure.
fn followed(digest: &Digest, flags: Flags) -> u32 {
    if class::begins_or_ends(digest.class.into()) {
        flags.followed.checked_sub(1).map_or(0, |rate| 1 << rate)
    } else {
        u32::from(digest.weight == 1)
    }
}

#[cfg(test)]
mod tests {
    use nbw_common::class::Class;
    use nbw_detect::{Body, Engine, Limits, Signatures, Time, Transport};

    use super::*;

    /// What is known of a SYN inside of GRE, as a digest of that class and weight.
    fn tunnelled(class: Class, weight: u32) -> Facts {
        facts(&digest(class, weight), &Clock::now())
    }

    fn digest(class: Class, weight: u32) -> Digest {
        let mut packet = b"\x45\0\0\x40\0\x01\x40\0\x40\x2f\0\0\xc0\0\x02\x01\xc0\0\x02\x02\0\0\x08\0".to_vec();
        packet.extend(b"\x45\0\0\x28\0\x01\x40\0\x40\x06\0\0\x0a\0\0\x01\x0a\0\0\x02");
        packet.extend(b"\x9c\x40\0\x50\0\0\0\x01\0\0\0\0\x50\x02\xff\xff\0\0\0\0");
        let mut head = [0; HEAD];
        head[..packet.len()].copy_from_slice(&packet);
        let length = packet.len() as u32;
        Digest {
            time: 0,
            ifindex: 1,
            weight,
            bytes: length,
            frames: 1,
            length,
            class: class as u8,
            outgoing: 0,
            flags: Flags { followed: weight.ilog2() + 1, ..Flags::default() }.byte(),
            captured: packet.len() as u8,
            head,
        }
    }

    #[test]
    fn what_was_chosen_alone_says_so() {
        assert!(tunnelled(Class::Other, 1).by_chance, "all of it is seen, until there is too much");
        for class in [Class::Other, Class::Udp, Class::Icmp, Class::Fragment, Class::OddFlags] {
            assert!(tunnelled(class, 8).by_chance, "{class:?}");
        }
        for class in [Class::Syn, Class::SynAck, Class::Reflector, Class::Established] {
            assert!(!tunnelled(class, 8).by_chance, "{class:?}: questions and answers are chosen together");
        }
    }

    #[test]
    fn what_was_chosen_alone_of_a_conversation_says_so() {
        for class in [Class::Syn, Class::SynAck, Class::Reflector] {
            let flags = Flags { alone: true, ..Flags::default() }.byte();
            let by_chance = |weight| facts(&Digest { flags, ..digest(class, weight) }, &Clock::now()).by_chance;
            assert!(by_chance(2), "{class:?}");
            assert!(by_chance(1), "{class:?}: all of it is seen, until there is too much");
        }
    }

    #[test]
    fn a_connection_is_followed_if_the_kernel_side_says_so() {
        let followed = |class, weight, followed| {
            let flags = Flags { followed, ..Flags::default() }.byte();
            facts(&Digest { flags, ..digest(class, weight) }, &Clock::now()).followed
        };
        assert_eq!(followed(Class::Syn, 1, 1), 1);
        assert_eq!(followed(Class::Syn, 2, 6), 32, "fewer connections are followed than are known");
        assert_eq!(followed(Class::SynAck, 1, 0), 0);
        assert_eq!(followed(Class::Other, 1, 0), 1, "all that a tunnel carries comes");
        assert_eq!(followed(Class::Other, 2, 0), 0);
    }

    /// Nothing is answered, as the answers were not chosen.
    #[test]
    fn a_tunnel_that_is_sampled_is_no_attack() {
        let mut engine = Engine::new(&Signatures::built_in(), Limits { live: true, ..Limits::default() });
        for number in 0..4_000_u64 {
            let mut facts = tunnelled(Class::Other, 8);
            facts.time = Time(1_000_000_000 + number * 1_000_000);
            let Body::Ip(ip) = &mut facts.body else { panic!("IP") };
            let Transport::Tcp { source, destination, .. } = &mut ip.transport else { panic!("TCP") };
            (*source, *destination) = (30_000 + number as u16, number as u16 % 1_000);
            engine.observe(&facts);
        }
        let found: Vec<String> = engine.finish().into_iter().map(|event| event.signature).collect();
        assert_eq!(found, [""; 0]);
    }
}
