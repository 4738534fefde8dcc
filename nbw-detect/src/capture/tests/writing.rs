//! What is written can be read.

use super::made::inner;
use crate::{
    Time,
    capture::{LinkType, Reader, Writer},
};

#[test]
fn what_is_written_is_read_back() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("event.pcap");
    let mut writer = Writer::create(&path, LinkType::RAW).unwrap();
    writer.write(Time(1_700_000_000_123_456_789), 9_000, &inner()).unwrap();
    writer.write(Time(u64::MAX), 44, &inner()).unwrap();
    writer.finish().unwrap();
    let mut reader = Reader::open(&path).unwrap();
    let first = reader.next_packet().unwrap().unwrap().record();
    assert_eq!((first.time, first.link_type), (Time(1_700_000_000_123_456_789), LinkType::RAW));
    assert_eq!((first.original_length, first.bytes), (9_000, &*inner()));
    let last = reader.next_packet().unwrap().unwrap().record();
    assert_eq!(last.time.0 / 1_000_000_000, u64::from(u32::MAX));
    assert!(reader.next_packet().unwrap().is_none());
}

#[test]
fn what_cannot_be_written_is_told_at_the_end() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut writer = Writer::new(std::io::BufWriter::new(full), LinkType::RAW).unwrap();
    writer.write(Time(0), 44, &inner()).unwrap();
    assert_eq!(writer.finish().unwrap_err().kind(), std::io::ErrorKind::StorageFull);
}
