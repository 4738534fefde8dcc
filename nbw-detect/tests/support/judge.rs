//! What has to be true of any capture, for the fuzz target and for the tests that need no fuzzer.

use std::io::Cursor;

use nbw_detect::{
    Body, Facts, Transport,
    capture::{Fault, ReadError, Reader},
};

/// Packets that are looked at: a packed file can have very many.
const MOST: usize = 100_000;

/// Reads a capture of these bytes.
///
/// # Panics
/// When what is read cannot be.
pub(crate) fn capture(bytes: &[u8]) {
    let reader = Reader::from_read(Cursor::new(bytes.to_vec()), "fuzz");
    match reader {
        Ok(reader) => opened(reader, bytes.len() as u64),
        Err(error) => told(&error, 0, bytes.len() as u64),
    }
}

fn opened(mut reader: Reader, size: u64) {
    for count in 0..MOST {
        match reader.next_packet() {
            Ok(Some(packet)) => {
                let captured = packet.record().bytes.len();
                possible(&packet.facts(), captured);
            }
            Ok(None) => break,
            Err(error) => {
                told(&error, count as u64 + 1, size);
                assert!(reader.next_packet().expect("a fault is told once").is_none(), "packets behind a fault");
                break;
            }
        }
        assert!(reader.position() <= size, "{} bytes of {size} were read", reader.position());
    }
}

fn possible(facts: &Facts, captured: usize) {
    assert_eq!((facts.weight, facts.frames), (1, 1));
    let Body::Ip(ip) = &facts.body else { return };
    let payload = match ip.transport {
        Transport::Tcp { payload, .. } | Transport::Udp { payload, .. } | Transport::Icmp { payload, .. } => payload,
        Transport::Other => 0,
    };
    assert!(payload as usize <= captured.max(facts.bytes as usize), "{facts:?} of {captured} bytes");
    assert_eq!(ip.source.is_ipv4(), ip.source.to_canonical().is_ipv4(), "{facts:?}");
}

fn told(error: &ReadError, packet: u64, size: u64) {
    let sentence = error.to_string();
    assert!(sentence.starts_with("cannot read fuzz") && !sentence.contains('\n'), "{sentence}");
    assert_eq!(error.packet, if matches!(error.fault, Fault::Skipped { .. }) { 0 } else { packet }, "{sentence}");
    assert!(error.packed || error.offset <= size, "{sentence}");
}
