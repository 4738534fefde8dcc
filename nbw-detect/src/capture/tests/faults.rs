//! What is wrong with a file is told, after all that could be read of it.

use std::{
    io::{self, Read, Write},
    path::Path,
};

use super::made::{BIG, LITTLE, frame, inner, pcap, read};
use crate::capture::{LinkType, Reader};

fn three() -> Vec<u8> {
    pcap(LinkType::ETHERNET, &[&*frame(); 3])
}

/// How many packets could be read, and what is said then.
fn told(file: Vec<u8>) -> (usize, String) {
    let (facts, error) = read(file);
    (facts.len(), error.map(|error| error.to_string()).unwrap_or_default())
}

#[test]
fn what_was_cut_off_is_read_up_to_there() {
    let (file, record) = (three(), 16 + frame().len());
    for cut in 0..file.len() {
        let (count, told) = told(file[..cut].to_vec());
        let whole = cut.saturating_sub(24) / record;
        assert_eq!(count, whole, "{cut}");
        let at = 24 + whole * record;
        let expected = match cut {
            0 => "cannot read made: it is empty".into(),
            1..4 => {
                "cannot read made: it is no capture: give a pcap or pcapng file, packed by gzip or zstd or not".into()
            }
            4..24 => "cannot read made: it ends in the middle of its header: the capture was cut off".into(),
            _ if cut == at => String::new(),
            _ => format!(
                "cannot read made from packet {} on, at byte {at}: it ends in the middle of a packet: the capture was cut off",
                whole + 1
            ),
        };
        assert_eq!(told, expected, "{cut}");
    }
}

#[test]
fn packed_files_that_were_cut_off_are_read_up_to_there() {
    let packets: Vec<Vec<u8>> =
        (0..2_000u32).map(|at| [frame(), at.wrapping_mul(2_654_435_761).to_le_bytes().to_vec()].concat()).collect();
    let packets: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&pcap(LinkType::ETHERNET, &packets)).unwrap();
    let packed = packed.finish().unwrap();
    let (count, told) = told(packed[..packed.len() / 2].to_vec());
    assert!((100..1_900).contains(&count), "{count} packets");
    let begin = format!("cannot read made from packet {} on, at byte ", count + 1);
    assert!(
        told.starts_with(&begin) && told.contains(" of what is packed in it: what is packed in it is broken ("),
        "{told}"
    );
}

#[test]
fn lengths_that_cannot_be_are_not_believed() {
    let mut file = three();
    let second = 24 + 16 + frame().len();
    file[second + 8..second + 12].copy_from_slice(&0xffff_ff00_u32.to_le_bytes());
    let (count, told) = told(file);
    assert_eq!(count, 1);
    let expected = format!("cannot read made from packet 2 on, at byte {second}: a packet says that it has 429");
    assert!(told.starts_with(&expected) && told.contains("more than the 1048576 that there can be"), "{told}");
}

#[test]
fn broken_blocks_are_told() {
    let begin = || [BIG.section(), BIG.interface(1, 0, &[]), BIG.enhanced(0, 1, &frame(), &[])].concat();
    let mut other_end = BIG.enhanced(0, 1, &frame(), &[]);
    other_end.pop();
    other_end.push(9);
    let mut too_long = BIG.enhanced(0, 1, &frame(), &[]);
    too_long[20..24].copy_from_slice(&500u32.to_be_bytes());
    let broken = [
        ([BIG.u32(6), BIG.u32(13)].concat(), "says that it has 13 bytes, which cannot be"),
        ([BIG.u32(6), BIG.u32(0x1000_0000)].concat(), "a packet says that it has 268435456 bytes"),
        ([BIG.u32(99), BIG.u32(0x1000_0000)].concat(), "it ends in the middle of a block"),
        (other_end, "begins with a length of 92 bytes and ends with one of 9"),
        (too_long, "a block of type 0x6 is shorter than what it says that it has"),
        (BIG.enhanced(7, 1, &frame(), &[]), "a packet is of interface 7, which is not described before it"),
        (BIG.block(0x0a0d_0d0a, &[0; 16]), "a section has no byte order"),
        (BIG.u32(6)[..3].to_vec(), "it ends in the middle of a block"),
    ];
    for (block, expected) in broken {
        let (count, told) = told([begin(), block].concat());
        assert_eq!(count, 1);
        let place = format!("from packet 2 on, at byte {}: ", begin().len());
        assert!(told.contains(&place) && told.contains(expected), "{told}");
    }
    let later = LITTLE.block(0x0a0d_0d0a, &[&LITTLE.u32(0x1a2b_3c4d)[..], &[2, 0, 0, 0], &[0xff; 8]].concat());
    assert_eq!(told(later).1, "cannot read made: it is pcapng of version 2.0, which is newer than this nbw");
}

#[test]
fn other_kinds_of_links_are_named() {
    let (_, told) = told(pcap(LinkType(127), &[&frame()]));
    let expected = "cannot read made: its link type is 127, which nbw does not read: \
                    it reads Ethernet, Linux cooked, raw IP and loopback captures";
    assert_eq!(told, expected);
    let mixed = [
        LITTLE.section(),
        LITTLE.interface(189, 0, &[]),
        LITTLE.interface(101, 0, &[]),
        LITTLE.enhanced(1, 1, &inner(), &[]),
    ];
    let usb = LITTLE.enhanced(0, 1, &[0; 64], &[]);
    assert_eq!(self::told(mixed.concat()), (1, String::new()), "one that nothing came from does not matter");
    let behind = LITTLE.enhanced(1, 1, &inner(), &[]);
    let (count, told) = self::told([mixed.concat(), usb.clone(), usb, behind].concat());
    let expected = "cannot read made: 2 of its packets are of link type 189, or another that nbw does not read, and were left out: \
                    it reads Ethernet, Linux cooked, raw IP and loopback captures";
    assert_eq!((count, told.as_str()), (2, expected));
}

#[test]
fn files_that_cannot_be_opened_are_named() {
    let open = |path: &str| Reader::open(Path::new(path)).unwrap_err().to_string();
    assert_eq!(open("/no/such.pcap"), "cannot read /no/such.pcap: No such file or directory (os error 2)");
    assert!(open("/").starts_with("cannot read /: "));
    assert!(open("/no/\u{1b}[2J.pcap").starts_with("cannot read /no/\u{fffd}[2J.pcap: "));
}

/// Has some bytes, and fails.
struct Failing(io::Cursor<Vec<u8>>);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::from_raw_os_error(5)),
            count => Ok(count),
        }
    }
}

#[test]
fn after_a_fault_there_is_nothing_more() {
    let mut reader = Reader::from_read(Failing(io::Cursor::new(three())), "a disk").unwrap();
    for _ in 0..3 {
        assert!(reader.next_packet().unwrap().is_some());
    }
    let told = reader.next_packet().unwrap_err().to_string();
    assert!(
        told.starts_with("cannot read a disk from packet 4 on, at byte ") && told.contains("Input/output error"),
        "{told}"
    );
    assert!(reader.next_packet().unwrap().is_none());
}
