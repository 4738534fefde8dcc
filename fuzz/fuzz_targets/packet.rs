//! The packet parser on any bytes, from both places where packets start: headers must end within the packet, and must be
//! those that etherparse finds wherever it finds any.
#![no_main]

#[path = "../../nbw-common/tests/support/judge.rs"]
mod judge;

use libfuzzer_sys::fuzz_target;
use nbw_common::packet::{Start, headers, segments, wire_bytes};

fuzz_target!(|packet: &[u8]| {
    check(packet, Start::Ethernet);
    check(packet, Start::Network);
});

fn check(packet: &[u8], start: Start) {
    let ours = headers(packet, start);
    if let Ok(found) = ours {
        let length = u32::try_from(packet.len()).expect("libFuzzer's packets are small");
        assert!(found.link + found.network + found.transport <= length, "{found:?} in {length} bytes");
        assert!(found.jumbo == 0 || found.jumbo == 8, "{found:?}");
        let number = segments(length, 1448, &found);
        assert!(wire_bytes(length, number, &found) + u64::from(found.jumbo) >= u64::from(length), "{found:?}");
    }
    if let Some(judgement) = judge::judge(packet, start) {
        assert!(judgement.accepts(ours), "we say {ours:?}, etherparse {judgement:?}");
    }
}
