//! What the programs have to count, worked out from the lengths that stand beside each frame.

use nbw_common::packet::{Headers, Malformed, Start, headers};

use crate::{
    context::Context,
    frame::Frame,
    hook::Hook,
    machine::{Effect, Machine},
};

const ETHERNET: usize = 14;

/// A frame as a test run takes it, and as the program under test sees it.
pub(crate) struct Case {
    /// What is given to the kernel.
    pub(crate) given: Vec<u8>,
    /// How many bytes of it the program sees.
    pub(crate) seen: u32,
    /// The headers in them.
    pub(crate) expect: Result<Headers, Malformed>,
}

impl Case {
    /// The frame at the hook. Test runs give cgroup programs what is behind an Ethernet header, tagged or not.
    pub(crate) fn new(frame: &Frame, hook: Hook) -> Self {
        if hook.is_tc() {
            return Self { given: frame.bytes.clone(), seen: length(&frame.bytes), expect: frame.expect };
        }
        match frame.start {
            Start::Network => {
                let given = [&ethernet(&frame.bytes), frame.bytes.as_slice()].concat();
                Self { given, seen: length(&frame.bytes), expect: frame.expect }
            }
            Start::Ethernet => {
                let packet = frame.bytes.get(ETHERNET..).unwrap_or_default();
                Self { given: frame.bytes.clone(), seen: length(packet), expect: behind_ethernet(frame, packet) }
            }
        }
    }

    /// What a run adds. `bytes` is what the kernel says itself, where it is asked and not we.
    pub(crate) fn effect(&self, context: Context, bytes: Option<u64>) -> Effect {
        let one = Effect { bytes: self.seen.into(), packets: 1, ..Effect::default() };
        match (context.gso_size, bytes) {
            (0, _) => one,
            (_, Some(bytes)) => Effect { bytes, packets: context.gso_segs.into(), ..one },
            (_, None) => self.segmented(context),
        }
    }

    fn segmented(&self, context: Context) -> Effect {
        let (headers, parse_failed) = match self.expect {
            Ok(headers) => (headers, 0),
            Err(_) => (Headers::default(), 1),
        };
        let all = u64::from(headers.link + headers.network + headers.transport);
        let (seen, jumbo) = (u64::from(self.seen), u64::from(headers.jumbo));
        let packets = match context.gso_segs {
            0 => (seen - all).div_ceil(context.gso_size.into()).max(1),
            stated => stated.into(),
        };
        let bytes = seen - jumbo + (packets - 1) * (all - jumbo);
        Effect { bytes, packets, parse_failed, ..Effect::default() }
    }
}

/// The headers of what is behind 14 bytes of Ethernet: those that the file names, unless there are tags before IP, which
/// cgroup programs never see in earnest. Then the host's parser says what the kernel's has to find.
fn behind_ethernet(frame: &Frame, packet: &[u8]) -> Result<Headers, Malformed> {
    match frame.expect {
        Ok(found) if found.link as usize == ETHERNET => Ok(Headers { link: 0, ..found }),
        _ => headers(packet, Start::Network),
    }
}

fn ethernet(packet: &[u8]) -> [u8; ETHERNET] {
    let mut header = *b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0";
    if packet.first().is_some_and(|first| first >> 4 == 6) {
        header[12..].copy_from_slice(&[0x86, 0xdd]);
    }
    header
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("a frame is short")
}

/// What the kernel refuses to make a packet of.
#[derive(Clone, Copy)]
pub(crate) struct Refusals {
    /// Since Linux 6.17 or so: frames that say IP and are too short for its header.
    short_ip: bool,
}

impl Refusals {
    /// Asks the kernel, with a frame of which it is known.
    pub(crate) fn of_this_kernel(machine: &mut Machine) -> Self {
        let short = crate::frame::named("runt-ipv4-33").bytes;
        Self { short_ip: machine.run(Hook::TcIngress, &short, Context::default()) == Err(libc::EINVAL) }
    }

    /// Whether it refuses this one.
    pub(crate) fn refuses(self, given: &[u8]) -> bool {
        let Some(packet) = given.get(ETHERNET..) else { return true };
        let fixed = match given[12..ETHERNET] {
            [0x08, 0x00] => 20,
            [0x86, 0xdd] => 40,
            _ => 0,
        };
        self.short_ip && packet.len() < fixed
    }
}
